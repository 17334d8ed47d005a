// Approvals to give, connections to mend, runs that failed, each with the way to deal with it.

import type { ComponentChildren } from 'preact';

import type { Connection, RunSummary, Schemas } from '../../api/client';
import { LinkButton } from '../../components/button';
import { Icon, type IconName } from '../../components/icon';
import { Empty, Failed, Waiting } from '../../components/states';
import { When } from '../../components/time';
import type { Resource } from '../../state/resource';
import { runPath } from '../../state/starting';
import { appName, useTitles } from '../../state/words';
import { t } from '../../texts';
import { NeedsCard } from './layout';

/** A failure older than this was yesterday's. */
const RECENT_MS = 36 * 3_600_000;

export function NeedsYou({ latest, approvals, connections }: {
  latest: Resource<RunSummary[]>;
  approvals: Resource<Schemas['WaitingApproval'][]>;
  connections: Resource<Connection[]>;
}) {
  const texts = t().home;
  const all = [approvals, connections, latest];
  const items = [
    ...(approvals.data ?? []).map((approval) => <ApprovalItem key={approval.runId} approval={approval} />),
    ...(connections.data ?? []).filter(({ status }) => status !== 'active').map((one) => <ConnectionItem key={one.connector} connection={one} />),
    ...(latest.data ?? []).flatMap((run) => runItems(run, approvals.data ?? [])),
  ];
  const failure = all.map((one) => one.failure).find((one) => one !== undefined);
  return (
    <NeedsCard>
      {items.length > 0 && <ul class="needs">{items}</ul>}
      {items.length === 0 && (
        all.some(({ data, failure: failed }) => data === undefined && !failed)
          ? <Waiting lines={3} />
          : failure
            ? <Failed failure={failure} retry={() => all.forEach(({ reload }) => reload())} />
            : <Empty icon="check" title={texts.nothing}>{texts.nothingDetail}</Empty>
      )}
    </NeedsCard>
  );
}

function Item({ icon, tone, title, detail, action }: { icon: IconName; tone: 'calm' | 'notice' | 'bad'; title: ComponentChildren; detail: ComponentChildren; action: ComponentChildren }) {
  return (
    <li>
      <span class={`sign ${tone}`}><Icon name={icon} /></span>
      <div>
        <h3>{title}</h3>
        <p class="soft small">{detail}</p>
      </div>
      {action}
    </li>
  );
}

function ApprovalItem({ approval }: { approval: Schemas['WaitingApproval'] }) {
  const texts = t().home;
  const titles = useTitles();
  const title = approval.own ? texts.approve(titles(approval.workflow)) : texts.approveFor(titles(approval.workflow));
  return (
    <Item
      icon="hand"
      tone="calm"
      title={title}
      detail={<>{texts.writes(approval.writes)} · {t().run.since} <When at={approval.since} />{approval.mode === 'four_eyes' && approval.own && <> · {texts.anotherDecides}</>}</>}
      action={<LinkButton look="primary" small href={runPath(approval.workflow, approval.runId)} label={`${texts.review}: ${title}`}>{texts.review}</LinkButton>}
    />
  );
}

function ConnectionItem({ connection }: { connection: Connection }) {
  const texts = t().connections;
  const app = appName(connection.connector);
  const fresh = connection.status === 'not_connected';
  return (
    <Item
      icon="link"
      tone={fresh ? 'notice' : 'bad'}
      title={fresh ? texts.isNotConnected(app) : texts.mustBeMended(app)}
      detail={texts.details[connection.status]}
      action={connection.connectUrl
        ? <LinkButton small icon="away" href={connection.connectUrl} label={fresh ? texts.connectApp(app) : texts.reconnectApp(app)}>{fresh ? texts.connect : texts.reconnect}</LinkButton>
        : <LinkButton small href="/console/connections">{texts.look}</LinkButton>}
    />
  );
}

/** What a run needs somebody for. */
type Trouble = 'failed' | 'partly' | 'waits';

const TROUBLES: Record<Trouble, { icon: IconName; tone: 'notice' | 'bad' }> = {
  failed: { icon: 'cross', tone: 'bad' },
  partly: { icon: 'alert', tone: 'notice' },
  waits: { icon: 'clock', tone: 'notice' },
};

function troubleOf({ runId, status, outcome }: RunSummary, approvals: Schemas['WaitingApproval'][]): Trouble | undefined {
  if (status === 'failed' || outcome?.kind === 'failed') return 'failed';
  if (outcome?.kind === 'partial') return 'partly';
  return status === 'suspended' && !approvals.some((one) => one.runId === runId) ? 'waits' : undefined;
}

/** The latest run of a workflow, where it failed, did a part, or waits for something else than an approval. */
function runItems(latest: RunSummary, approvals: Schemas['WaitingApproval'][]) {
  if (Date.now() - Date.parse(latest.startedAt) > RECENT_MS) return [];
  const trouble = troubleOf(latest, approvals);
  return trouble ? [<RunItem key={latest.runId} run={latest} trouble={trouble} />] : [];
}

function RunItem({ run, trouble }: { run: RunSummary; trouble: Trouble }) {
  const texts = t().home;
  const titles = useTitles();
  const title = texts[trouble](titles(run.workflow));
  return (
    <Item
      {...TROUBLES[trouble]}
      title={title}
      detail={<>{t().run.startedWord} <When at={run.startedAt} /></>}
      action={<LinkButton small href={runPath(run.workflow, run.runId)} label={`${texts.why}: ${title}`}>{texts.why}</LinkButton>}
    />
  );
}
