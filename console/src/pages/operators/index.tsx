// How the runs of an organization end, by day and reason, for those who operate for it. Nothing of a
// customer or a person is here: the API does not say it.

import { api, data, type Schemas } from '../../api/client';
import { Badge } from '../../components/badge';
import { Card } from '../../components/card';
import { Page } from '../../components/page';
import { Empty, Notice, Shown, Waiting } from '../../components/states';
import { appBehind } from '../../onboarding/parts';
import { Columns } from '../../plots/columns';
import { Shares, type Share } from '../../plots/shares';
import { useWorkflows } from '../../state/queries';
import { useResource } from '../../state/resource';
import { appName, partOf, reasonOf, spelled, useTitles } from '../../state/words';
import { t } from '../../texts';
import { day, list, number } from '../../texts/format';

type Count = Schemas['EndedCount'];
type Tone = Share['tone'];

const EVERY_MS = 60_000;
const TONES: Tone[] = ['good', 'notice', 'bad', 'calm'];

function toneOf({ status, outcome }: Count): Tone {
  if (status === 'cancelled') return 'calm';
  if (status === 'failed' || outcome?.kind === 'failed') return 'bad';
  return outcome?.kind === 'partial' ? 'notice' : 'good';
}

const sum = (counts: Count[]) => counts.reduce((all, { runs }) => all + runs, 0);

export default function Operators() {
  const texts = t().operators;
  const ended = useResource('operators', async () => (await data(api.GET('/api/organization/runs'))).counts, { every: EVERY_MS });
  const health = useResource('health', () => data(api.GET('/health')), { every: EVERY_MS });
  return (
    <Page title={texts.title} lead={texts.lead}>
      {health.data && health.data.waitingFor.length > 0 && <Notice tone="notice" title={texts.waitingFor}>{list(health.data.waitingFor)}</Notice>}
      {health.data && health.data.configurationNotes.length > 0 && <Notice title={texts.notes}><ul>{health.data.configurationNotes.map((note) => <li key={note}>{note}</li>)}</ul></Notice>}
      {ended.failure?.status === 403
        ? <Card><Empty icon="person" title={texts.notYours}>{texts.notYoursDetail}</Empty></Card>
        : (
          <Shown of={ended} lines={8}>
            {(counts) => counts.length === 0
              ? <Card><Empty icon="gauge" title={texts.none}>{texts.noneDetail}</Empty></Card>
              : <Ended counts={counts} />}
          </Shown>
        )}
    </Page>
  );
}

function Ended({ counts }: { counts: Count[] }) {
  const texts = t().operators;
  const of = (tone: Tone, among = counts) => among.filter((count) => toneOf(count) === tone);
  const days = [...new Set(counts.map((count) => count.day))].sort();
  return (
    <>
      <div class="halves">
        <Card title={texts.byEnd} lead={texts.runs(sum(counts))}>
          <Shares shares={TONES.map((tone) => ({ tone, label: texts.ends[tone], count: sum(of(tone)) }))} />
        </Card>
        <Card title={texts.byDay}>
          <Columns
            label={texts.byDayLabel(days.map((one) => `${day(one)}: ${sum(counts.filter((count) => count.day === one))}`))}
            columns={days.map((one) => ({
              key: one,
              label: day(one),
              parts: TONES.map((tone) => ({ tone, count: sum(of(tone, counts.filter((count) => count.day === one))) })),
            }))}
          />
        </Card>
      </div>
      <Apps counts={counts} />
      <Reasons counts={counts.filter((count) => toneOf(count) !== 'good')} />
    </>
  );
}

/** How often each app was there for the runs that use it, as far as their ends tell. */
function Apps({ counts }: { counts: Count[] }) {
  const texts = t().operators;
  const { data: workflows, failure } = useWorkflows();
  if (!workflows) return failure ? null : <Card title={texts.apps} lead={texts.appsLead}><Waiting lines={4} /></Card>;
  const apps = [...new Set(workflows.flatMap(({ uses }) => uses.map(({ connector }) => connector)))].sort();
  if (apps.length === 0) return null;
  return (
    <Card title={texts.apps} lead={texts.appsLead} flush>
      <table class="table folds">
        <caption class="unseen">{texts.apps}</caption>
        <thead><tr><th scope="col">{texts.app}</th><th scope="col">{texts.standing}</th><th scope="col" class="end">{texts.used}</th></tr></thead>
        <tbody>
          {apps.map((app) => {
            const using = workflows.filter(({ uses }) => uses.some(({ connector }) => connector === app)).map(({ id }) => id);
            const all = counts.filter(({ workflow, status }) => using.includes(workflow) && status !== 'cancelled');
            const without = all.filter(({ outcome }) => outcome?.kind === 'partial' && outcome.missing.some((part) => appBehind(part) === app));
            const last = without.map((count) => count.day).sort().at(-1);
            return (
              <tr key={app}>
                <td class="grow lead">{appName(app)}</td>
                <td>{last === undefined ? <Badge tone="good" icon="check">{texts.alwaysThere}</Badge> : <Badge tone="notice" icon="alert">{texts.without(sum(without))}, {texts.lastOn} {day(last)}</Badge>}</td>
                <td class="end number">{number(sum(all))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function why({ status, outcome }: Count): string {
  if (outcome?.kind === 'failed') return reasonOf(outcome.reason);
  if (outcome?.kind === 'partial') return `${t().run.missing}: ${list(outcome.missing.map(partOf))}`;
  return t().run.statuses[status as 'failed' | 'cancelled'] ?? spelled(status);
}

function Reasons({ counts }: { counts: Count[] }) {
  const texts = t().operators;
  const titles = useTitles();
  const rows = new Map<string, { count: Count; runs: number }>();
  for (const count of counts) {
    const key = `${count.workflow}|${why(count)}`;
    rows.set(key, { count, runs: (rows.get(key)?.runs ?? 0) + count.runs });
  }
  const sorted = [...rows].sort(([, a], [, b]) => b.runs - a.runs);
  return (
    <Card title={texts.reasons} flush>
      {sorted.length === 0
        ? <Empty icon="check" title={texts.allWell} />
        : (
          <table class="table folds">
            <caption class="unseen">{texts.reasons}</caption>
            <thead><tr><th scope="col">{t().run.workflow}</th><th scope="col">{texts.why}</th><th scope="col" class="end">{t().nav.runs}</th></tr></thead>
            <tbody>
              {sorted.map(([key, { count, runs }]) => (
                <tr key={key}>
                  <td class="grow lead">{titles(count.workflow)}</td>
                  <td><Badge tone={toneOf(count) === 'calm' ? 'plain' : toneOf(count)} icon={toneOf(count) === 'calm' ? 'dash' : 'alert'}>{why(count)}</Badge></td>
                  <td class="end number">{number(runs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
    </Card>
  );
}
