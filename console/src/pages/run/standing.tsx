// Why a run does not go on, or ended as it did, with what helps it on.

import { useState } from 'preact/hooks';

import { api, data, type Run } from '../../api/client';
import { Failure } from '../../api/failure';
import { Button, LinkButton } from '../../components/button';
import { InEnglish } from '../../components/said';
import { Notice } from '../../components/states';
import { When } from '../../components/time';
import { say, sayFailure } from '../../components/toasts';
import { resultOf } from '../../onboarding/result';
import { renew } from '../../state/resource';
import { appName, partOf, reasonOf, spelled } from '../../state/words';
import { t } from '../../texts';
import { list } from '../../texts/format';

export function Standing({ run }: { run: Run }) {
  const texts = t().run;
  const { failure, trouble, outcome, suspension } = run;
  return (
    <>
      {failure && <Notice tone="bad" title={texts.failures[failure.kind]}><Failed failure={failure} /></Notice>}
      {trouble && <Notice tone="notice" title={texts.trouble}><InEnglish>{trouble.message}</InEnglish> {texts.troubleDetail(trouble.tries)} <When at={trouble.since} /></Notice>}
      {suspension && suspension.reason !== 'approval_required' && <Suspended run={run} />}
      {outcome?.kind === 'failed' && !saysWhy(run) && <Notice tone="bad" title={texts.statuses.done_nothing}>{reasonOf(outcome.reason)}</Notice>}
      {outcome?.kind === 'partial' && <Notice tone="notice" title={texts.statuses.partial}>{texts.missing}: {list(outcome.missing.map(partOf))}</Notice>}
      <Ended run={run} />
    </>
  );
}

function Failed({ failure }: { failure: NonNullable<Run['failure']> }) {
  return (
    <>
      {'step' in failure && <b>{spelled(failure.step)}: </b>}
      {'message' in failure ? <InEnglish>{failure.message}</InEnglish> : t().run.crashes(failure.crashes)}
    </>
  );
}

/** Whether the result itself says what stood in the way, and what helps. */
const saysWhy = (run: Run) => ['connectors_required', 'owner_not_found'].includes(resultOf(run)?.status ?? '');

/** What a run that has ended is still good for. */
function Ended({ run }: { run: Run }) {
  const result = resultOf(run);
  if (result?.status === 'connectors_required') {
    return (
      <Notice
        tone="notice"
        icon="link"
        title={t().onboarding.connectorsRequired}
        actions={result.missing.map((connector) => {
          const href = result.connect[connector];
          return href && <LinkButton key={connector} small look="primary" icon="away" href={href}>{t().connections.connectApp(appName(connector))}</LinkButton>;
        })}
      >
        {t().onboarding.connectorsRequiredDetail(list(result.missing.map(appName)))}
      </Notice>
    );
  }
  if (result?.status === 'owner_not_found') {
    return <Notice tone="notice" icon="person" title={t().onboarding.ownerNotFound}>{result.reason === 'no_address' ? t().onboarding.noAddress : t().onboarding.noOwner}</Notice>;
  }
  if (result?.status === 'completed' && run.outcome?.kind !== 'failed') {
    return (
      <Notice tone="good" title={t().onboarding.customers(result.counts.customers)} actions={<LinkButton small href="/console/onboarding">{t().run.openOnboarding}</LinkButton>}>
        {t().run.wrote(result.counts.tasksCreated, result.counts.commentsAdded)}
      </Notice>
    );
  }
  return null;
}

function Suspended({ run }: { run: Run }) {
  const texts = t().run;
  const [busy, setBusy] = useState(false);
  const { suspension } = run;
  if (!suspension) return null;
  const title = texts.waitReasons[suspension.reason];
  if (suspension.reason !== 'connection_required') {
    return <Notice title={title}>{'until' in suspension && <>{texts.until} <When at={suspension.until} as="moment" /></>}</Notice>;
  }
  const missing = suspension.missing.map(({ connector }) => connector);
  const connected = () => {
    setBusy(true);
    data(api.POST('/api/workflows/{workflow}/runs/{runId}/resume', {
      params: { path: { workflow: run.workflow, runId: run.runId } },
      body: { connected: missing, number: suspension.number },
    })).then(
      () => { say(texts.resumed); void renew(`run:${run.runId}`, 'runs:'); },
      (error: unknown) => sayFailure(Failure.from(error)),
    ).finally(() => setBusy(false));
  };
  return (
    <Notice
      tone="notice"
      icon="link"
      title={texts.connectTitle}
      actions={
        <>
          {missing.map((connector) => {
            const href = run.connect?.[connector];
            return href && <LinkButton key={connector} small look="primary" icon="away" href={href}>{t().connections.connectApp(appName(connector))}</LinkButton>;
          })}
          <Button small busy={busy} onPress={connected}>{texts.connectedElsewhere}</Button>
        </>
      }
    >
      {texts.connectDetail(list(missing.map(appName)))}
      {suspension.looksAgainAt && <> {texts.looksAgain} <When at={suspension.looksAgainAt} />.</>}
    </Notice>
  );
}
