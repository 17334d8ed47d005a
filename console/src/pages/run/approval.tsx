// What a run is about to write, all of it, and the decision: whole, or write by write.

import { useMemo, useState } from 'preact/hooks';

import { api, data, type Run, type Suspension } from '../../api/client';
import { Failure } from '../../api/failure';
import { AppLink } from '../../components/app_link';
import { HealthBadge } from '../../components/badge';
import { Button } from '../../components/button';
import { Json } from '../../components/code';
import { Check, Search } from '../../components/fields';
import { More } from '../../components/more';
import { Notice } from '../../components/states';
import { say, sayFailure } from '../../components/toasts';
import { When } from '../../components/time';
import { reasonsOf } from '../../onboarding/findings';
import { type Call, type Flag, type Plan, readPlan } from '../../run/plan';
import { useApprovals } from '../../state/queries';
import { renew } from '../../state/resource';
import { appName, spelled } from '../../state/words';
import { t } from '../../texts';
import { number } from '../../texts/format';
import { Value } from './value';

type Waiting = Extract<Suspension, { reason: 'approval_required' }>;

/** Customers that are drawn before somebody asks for more. */
const PAGE = 40;

export function Approval({ run, suspension }: { run: Run; suspension: Waiting }) {
  const texts = t().approval;
  const plan = useMemo(() => readPlan(suspension.plan), [suspension.hash]);
  const [rejected, setRejected] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState<'approve' | 'reject'>();
  const approvals = useApprovals();
  const mine = approvals.data?.find(({ runId }) => runId === run.runId);
  const mayDecide = !(suspension.mode === 'four_eyes' && mine?.own !== false);
  const items = namesOf(plan, suspension.items ?? []);
  const approvedCount = items.length - rejected.size;

  const decide = (decision: 'approve' | 'reject') => {
    // One decision at a time: the other button is there while this one is on its way.
    if (busy) return;
    setBusy(decision);
    const single = decision === 'approve' && rejected.size > 0 ? { items: Object.fromEntries([...rejected].map((item) => [item, 'reject' as const])) } : {};
    data(api.POST('/api/workflows/{workflow}/runs/{runId}/resume', {
      params: { path: { workflow: run.workflow, runId: run.runId } },
      body: { approval: { hash: suspension.hash, decision, ...single }, number: suspension.number },
    })).then(
      () => say(decision === 'approve' ? texts.approved : texts.rejected),
      (thrown: unknown) => {
        const failure = Failure.from(thrown);
        sayFailure(failure.status === 409 ? new Failure(texts.changed) : failure);
      },
    ).finally(() => { setBusy(undefined); void renew(`run:${run.runId}`, 'runs:', 'approvals'); });
  };

  return (
    <section class="card approval" aria-labelledby="approval">
      <header>
        <div>
          <h2 id="approval">{texts.title}</h2>
          <p>{texts.detail}</p>
        </div>
      </header>
      {!mayDecide && <div class="body-pad"><Notice tone="notice" icon="person" title={texts.anotherMustDecide} /></div>}
      {plan.shape === 'flags' && <Flags flags={plan.flags} rejected={rejected} onReject={setRejected} />}
      {plan.shape === 'calls' && <Calls calls={plan.calls} items={items} rejected={rejected} onReject={setRejected} />}
      <div class="body-pad"><More title={texts.whole} open={plan.shape === 'unknown'}><Json label={texts.whole} value={suspension.plan} /></More></div>
      {mayDecide && (
        <footer class="decide">
          <span class="soft small" role="status">
            {items.length > 0 ? `${texts.approving(approvedCount)}, ${texts.rejecting(rejected.size)}` : texts.writes(plan.shape === 'calls' ? plan.calls.length : 1)}
            {suspension.looksAgainAt && <> · {texts.expires} <When at={suspension.looksAgainAt} /></>}
          </span>
          <div class="row">
            <Button look="danger" busy={busy === 'reject'} onPress={() => decide('reject')}>{texts.decideNone}</Button>
            <Button look="primary" icon="check" busy={busy === 'approve'} disabled={items.length > 0 && approvedCount === 0} onPress={() => decide('approve')}>
              {texts.decide(items.length > 0 ? approvedCount : plan.shape === 'calls' ? plan.calls.length : 1)}
            </Button>
          </div>
        </footer>
      )}
    </section>
  );
}

/** What single writes are decided under; none where there is but one, or nobody knows which is which. */
function namesOf(plan: Plan, items: string[]): string[] {
  if (plan.shape === 'flags') return plan.flags.map(({ item }) => item);
  return plan.shape === 'calls' && plan.calls.length > 1 && plan.calls.length === items.length ? items : [];
}

function toggled(rejected: ReadonlySet<string>, items: string[], approve: boolean): ReadonlySet<string> {
  const next = new Set(rejected);
  for (const item of items) approve ? next.delete(item) : next.add(item);
  return next;
}

function Flags({ flags, rejected, onReject }: { flags: Flag[]; rejected: ReadonlySet<string>; onReject: (rejected: ReadonlySet<string>) => void }) {
  const texts = t().approval;
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState(PAGE);
  const customers = useMemo(() => [...Map.groupBy(flags, ({ customer }) => customer).values()], [flags]);
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = customers.filter(([first]) => first && words.every((word) => `${first.name} ${first.customer} ${reasonsOf(first).join(' ')}`.toLocaleLowerCase().includes(word)));
  const set = (items: string[], approve: boolean) => onReject(toggled(rejected, items, approve));
  const visible = found.flat().map(({ item }) => item);
  return (
    <>
      <div class="toolbar">
        <Search label={texts.search} value={search} onInput={setSearch} />
        <div class="row">
          <Button small onPress={() => set(visible, true)}>{texts.approveAll}</Button>
          <Button small onPress={() => set(visible, false)}>{texts.rejectAll}</Button>
        </div>
        <span class="soft small number">{t().onboarding.found(found.length)}</span>
      </div>
      <ul class="plan">
        {found.slice(0, shown).map((writes) => <Customer key={writes[0]?.customer} writes={writes} rejected={rejected} onSet={set} />)}
      </ul>
      {shown < found.length && <div class="tail"><Button small look="quiet" onPress={() => setShown(shown + PAGE * 4)}>{texts.showMore(found.length - shown)}</Button></div>}
    </>
  );
}

function Customer({ writes, rejected, onSet }: { writes: Flag[]; rejected: ReadonlySet<string>; onSet: (items: string[], approve: boolean) => void }) {
  const texts = t().approval;
  const [first] = writes;
  if (!first) return null;
  return (
    <li>
      <div class="stack near">
        <div class="row"><h3>{first.name}</h3><HealthBadge status={first.status} /><span class="soft small number">{number(first.score)}</span></div>
        <ul class="reasons small soft">{reasonsOf(first).map((reason) => <li key={reason}>{reason}</li>)}</ul>
      </div>
      <div class="stack near">
        {writes.map((write) => (
          <Check
            key={write.item}
            on={!rejected.has(write.item)}
            onChange={(on) => onSet([write.item], on)}
            label={write.kind === 'create_task'
              ? <><b>{texts.task}</b><span class="unseen"> {write.name}</span> <span class="soft small">{write.dueInHours !== undefined && <>{texts.due} {texts.dueIn(write.dueInHours)}</>}{write.links && <> · {texts.links} {Object.entries(write.links).map(([what, id]) => `${spelled(what)} ${id}`).join(', ')}</>}</span></>
              : <><b>{texts.comment}</b><span class="unseen"> {write.name}</span> <span class="soft small">{texts.on} <AppLink href={write.issue?.url}>{write.issue?.identifier}</AppLink></span></>}
          />
        ))}
      </div>
    </li>
  );
}

function Calls({ calls, items, rejected, onReject }: { calls: Call[]; items: string[]; rejected: ReadonlySet<string>; onReject: (rejected: ReadonlySet<string>) => void }) {
  return (
    <ol class="plan">
      {calls.map((call, at) => {
        const [name, item] = [spelled(call.tool), items[at]];
        return (
          <li key={at}>
            <div>
              {item === undefined ? <h3>{name}</h3> : <Check on={!rejected.has(item)} onChange={(on) => onReject(toggled(rejected, [item], on))} label={<b>{name}</b>} />}
              <p class="soft small">{appName(call.connector)}</p>
            </div>
            <Value value={call.arguments} />
          </li>
        );
      })}
    </ol>
  );
}
