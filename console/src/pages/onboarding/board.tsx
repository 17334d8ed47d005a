// The figures of the latest run, how they came about over the last ones, and what changed since.

import { HEALTH_TONE, HealthBadge, type Health } from '../../components/badge';
import { Card } from '../../components/card';
import { Waiting } from '../../components/states';
import type { Customer, Snapshot } from '../../onboarding/history';
import type { Summary } from '../../onboarding/result';
import { healthShares } from '../../onboarding/shares';
import { Columns } from '../../plots/columns';
import { Bar } from '../../plots/shares';
import { t } from '../../texts';
import { clock, day, list, number } from '../../texts/format';
import { Delta } from './delta';

const HEALTHS: Health[] = ['critical', 'at_risk', 'healthy'];
/** Scores are shown by tens; a hundred belongs to the last. */
const BINS = 10;
const MOVERS = 4;

export function Board({ result, customers, history, complete, gone }: { result: Summary; customers: Customer[]; history: Snapshot[]; complete: boolean; gone: string[] }) {
  const texts = t().onboarding;
  const { counts } = result;
  return (
    <div class="board">
      <Card title={texts.now} lead={texts.customers(counts.customers)}>
        <div class="stack">
          <dl class="figures">
            {healthShares(counts).map(({ tone, label, count }) => <div key={label} class={`figure ${tone}`}><dt>{label}</dt><dd>{number(count)}</dd></div>)}
          </dl>
          <Bar shares={healthShares(counts)} />
          <dl class="facts">
            <dt>{texts.tasks}</dt><dd class="number">{number(counts.tasksCreated)}</dd>
            <dt>{texts.comments}</dt><dd class="number">{number(counts.commentsAdded)}</dd>
            <dt>{texts.flaggedBefore}</dt><dd class="number">{number(counts.alreadyFlagged)}</dd>
          </dl>
        </div>
      </Card>
      <Card title={texts.distribution} lead={texts.distributionLead}>
        <Distribution customers={customers} />
      </Card>
      <Card title={texts.overRuns} lead={history.length > 1 ? texts.runsShown(history.length) : undefined}>
        {!complete ? <Waiting lines={3} /> : <OverRuns history={history} />}
      </Card>
      {history.length > 1 && <Changes customers={customers} gone={gone} />}
    </div>
  );
}

function Distribution({ customers }: { customers: Customer[] }) {
  const bins = Array.from({ length: BINS }, (_, at) => customers.filter(({ score }) => Math.min(BINS - 1, Math.floor(score / BINS)) === at));
  const middle = [...customers].sort((a, b) => a.score - b.score)[Math.floor(customers.length / 2)]?.score ?? 0;
  return (
    <Columns
      label={t().onboarding.distributionLabel(customers.length, middle)}
      columns={bins.map((bin, at) => ({
        key: String(at),
        label: String(at * BINS),
        parts: HEALTHS.map((health) => ({ tone: HEALTH_TONE[health], count: bin.filter(({ status }) => status === health).length })),
      }))}
    />
  );
}

function OverRuns({ history }: { history: Snapshot[] }) {
  const texts = t().onboarding;
  const latest = history.at(-1);
  if (history.length < 2 || !latest) return <p class="soft">{texts.noHistory}</p>;
  const oneDay = history.every(({ at }) => day(at) === day(latest.at));
  const label = (at: string) => (oneDay ? clock(at).slice(0, 5) : day(at));
  return (
    <Columns
      label={texts.overRunsLabel(history.map(({ at, counts }) => `${label(at)}: ${counts.critical}, ${counts.at_risk}`))}
      columns={history.map(({ runId, at, counts }) => ({
        key: runId,
        label: label(at),
        parts: [{ tone: 'bad', count: counts.critical }, { tone: 'notice', count: counts.at_risk }, { tone: 'good', count: counts.healthy }],
      }))}
    />
  );
}

function Changes({ customers, gone }: { customers: Customer[]; gone: string[] }) {
  const texts = t().onboarding;
  const of = (change: Customer['change']) => customers.filter((customer) => customer.change === change);
  const [worse, better, fresh] = [of('worse'), of('better'), of('new')];
  const movers = customers.filter(({ delta }) => delta !== undefined && delta !== 0).sort((a, b) => Math.abs(b.delta ?? 0) - Math.abs(a.delta ?? 0)).slice(0, MOVERS);
  const isQuiet = movers.length + worse.length + better.length + fresh.length + gone.length === 0;
  return (
    <div class="whole-board">
      <Card title={texts.changed} lead={texts.changedLead(worse.length, better.length, fresh.length, gone.length)}>
        {isQuiet && <p class="soft">{texts.nothingChanged}</p>}
        {!isQuiet && (
          <div class="changes">
            {movers.length > 0 && (
              <div>
                <h3>{texts.movers}</h3>
                <ul class="movers">
                  {movers.map((customer) => <li key={customer.key}><span class="cut">{customer.name}</span><Delta customer={customer} /><HealthBadge status={customer.status} /></li>)}
                </ul>
              </div>
            )}
            {fresh.length > 0 && <div><h3>{texts.newOnes}</h3><p class="soft">{some(fresh.map(({ name }) => name))}</p></div>}
            {gone.length > 0 && <div><h3>{texts.goneOnes}</h3><p class="soft">{some(gone)}</p></div>}
          </div>
        )}
      </Card>
    </div>
  );
}

const NAMED = 6;

function some(names: string[]): string {
  return list(names.length > NAMED ? [...names.slice(0, NAMED), t().onboarding.others(names.length - NAMED)] : names);
}
