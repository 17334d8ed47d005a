// Onboarding today: how the customers stand, what changed, and each of them with its reasons.

import { useMemo } from 'preact/hooks';

import type { Run, RunSummary } from '../../api/client';
import { LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { Page } from '../../components/page';
import { CallFailed, InEnglish } from '../../components/said';
import { Start } from '../../components/start';
import { Empty, Notice, Shown } from '../../components/states';
import { Took, When } from '../../components/time';
import { bandsOf, compared, gone, snapshotsOf, useHistory } from '../../onboarding/history';
import { ONBOARDING, resultOf, type Summary } from '../../onboarding/result';
import { hasEnded, useLatest, useRun } from '../../state/queries';
import { callFailed } from '../../state/said';
import { runPath } from '../../state/starting';
import { appName } from '../../state/words';
import { t } from '../../texts';
import { list } from '../../texts/format';
import { Board } from './board';
import { Customers } from './customers';

/** Enough to find the latest that came to its end. */
const LOOKED_AT = 20;

export default function Onboarding() {
  const texts = t().onboarding;
  const runs = useLatest(ONBOARDING, LOOKED_AT);
  const open = runs.data?.find((run) => !hasEnded(run));
  const latest = runs.data?.find((run) => run.status === 'completed');
  return (
    <Page
      title={texts.title}
      lead={latest && <>{texts.asOf} <When at={latest.startedAt} />{latest.endedAt && <> · {t().run.took} <Took from={latest.startedAt} to={latest.endedAt} /></>} · <a href={runPath(ONBOARDING, latest.runId)}>{texts.seeRun}</a></>}
      actions={!open && <Start workflow={ONBOARDING} />}
    >
      {open && <UnderWay run={open} />}
      <Shown of={runs} lines={8}>
        {(all) => latest
          ? <Latest key={latest.runId} summary={latest} />
          : !open && (
            <Card>
              <Empty icon="pulse" title={texts.first} actions={<LinkButton href="/console/connections">{t().nav.connections}</LinkButton>}>
                {all.length > 0 ? texts.noneCompleted : texts.firstDetail}
              </Empty>
            </Card>
          )}
      </Shown>
    </Page>
  );
}

function UnderWay({ run }: { run: RunSummary }) {
  const texts = t().onboarding;
  const waits = run.status === 'suspended';
  return (
    <Notice
      tone={waits ? 'notice' : 'calm'}
      icon={waits ? 'hand' : 'turn'}
      title={waits ? texts.waits : texts.underWay}
      actions={<LinkButton small href={runPath(run.workflow, run.runId)}>{waits ? t().home.review : texts.watch}</LinkButton>}
    >
      {t().run.startedWord} <When at={run.startedAt} />
    </Notice>
  );
}

function Latest({ summary }: { summary: RunSummary }) {
  const run = useRun(ONBOARDING, summary.runId);
  return <Shown of={run} lines={8}>{(read) => <Result run={read} />}</Shown>;
}

function Result({ run }: { run: Run }) {
  const texts = t().onboarding;
  const result = resultOf(run);
  if (result?.status === 'completed') return <Completed run={run} result={result} />;
  if (result?.status === 'connectors_required') {
    return (
      <Card>
        <Empty
          icon="link"
          title={texts.connectorsRequired}
          actions={result.missing.map((connector) => {
            const href = result.connect[connector];
            return href && <LinkButton key={connector} look="primary" icon="away" href={href}>{t().connections.connectApp(appName(connector))}</LinkButton>;
          })}
        >
          {texts.connectorsRequiredDetail(list(result.missing.map(appName)))}
        </Empty>
      </Card>
    );
  }
  if (result?.status === 'owner_not_found') {
    return <Card><Empty icon="person" title={texts.ownerNotFound}>{result.reason === 'no_address' ? texts.noAddress : texts.noOwner}</Empty></Card>;
  }
  return <Card><Empty icon="alert" title={texts.unreadable} actions={<LinkButton href={runPath(run.workflow, run.runId)}>{texts.seeRun}</LinkButton>} /></Card>;
}

function Completed({ run, result }: { run: Run; result: Summary }) {
  const read = useHistory(run.runId);
  const history = useMemo(() => snapshotsOf(read.data, run.runId, bandsOf(result.customers)), [read.data, result]);
  const customers = useMemo(() => compared(result, history), [result, history]);
  const left = useMemo(() => gone(result, history), [result, history]);
  const isThere = customers.length > 0;
  return (
    <>
      <Trouble run={run} result={result} />
      {(isThere || history.length > 1) && <Board result={result} customers={customers} history={history} complete={read.data !== undefined || read.failure !== undefined} gone={left} />}
      {isThere ? <Customers customers={customers} actions={result.actions} runs={history.length} /> : <Nobody run={run} />}
    </>
  );
}

function Nobody({ run }: { run: Run }) {
  const texts = t().onboarding;
  const isUnread = run.outcome?.kind === 'failed';
  return (
    <Card>
      <Empty
        icon={isUnread ? 'alert' : 'person'}
        title={isUnread ? texts.noneRead : texts.nobody}
        actions={<LinkButton href={runPath(run.workflow, run.runId)}>{t().home.seeRun}</LinkButton>}
      >
        {isUnread ? texts.noneReadDetail : texts.nobodyDetail}
      </Empty>
    </Card>
  );
}

/** What is said of an app, with its name in front once. */
function OfApp({ error }: { error: Summary['connectorErrors'][number] }) {
  const { connector, message } = error;
  return callFailed(error) === undefined && message.startsWith(`${connector} `)
    ? <InEnglish>{appName(connector)}{message.slice(connector.length)}</InEnglish>
    : <>{appName(connector)}: <CallFailed of={error} /></>;
}

/** What a run could not read or write, and what would mend it. */
function Trouble({ run, result }: { run: Run; result: Summary }) {
  const texts = t().onboarding;
  const errors = new Map(result.connectorErrors.map((error) => [error.connector, error]));
  if (errors.size === 0 && result.counts.failed === 0 && result.counts.unknownOutcome === 0 && (result.missing?.length ?? 0) === 0) return null;
  return (
    <Notice
      tone={run.outcome?.kind === 'failed' ? 'bad' : 'notice'}
      title={run.outcome?.kind === 'failed' ? texts.didNothing : texts.partly}
      actions={[...errors.keys()].map((connector) => <LinkButton key={connector} small href="/console/connections">{t().connections.mend(appName(connector))}</LinkButton>)}
    >
      <ul>
        {[...errors.values()].map((error) => <li key={error.connector}><OfApp error={error} /></li>)}
        {result.counts.failed > 0 && <li>{texts.writesFailed(result.counts.failed)}</li>}
        {result.counts.unknownOutcome > 0 && <li>{texts.writesUnknown(result.counts.unknownOutcome)}</li>}
      </ul>
    </Notice>
  );
}
