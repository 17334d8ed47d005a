// One run: what it did when, what it waits for, and what can be done about it.

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso/router';

import { api, data, type Run } from '../../api/client';
import { Failure } from '../../api/failure';
import { Badge, RunBadge } from '../../components/badge';
import { Button } from '../../components/button';
import { Card } from '../../components/card';
import { Dialog } from '../../components/dialog';
import { Page } from '../../components/page';
import { Empty, Shown } from '../../components/states';
import { Took, When } from '../../components/time';
import { say, sayFailure } from '../../components/toasts';
import { type Followed, useFollowed } from '../../run/follow';
import { hasEnded } from '../../state/queries';
import { renew } from '../../state/resource';
import { useStart } from '../../state/starting';
import { useTitles } from '../../state/words';
import { t } from '../../texts';
import { Approval } from './approval';
import { Facts } from './facts';
import { Standing } from './standing';
import { Waterfall } from './waterfall';

export default function RunPage() {
  const { workflow = '', runId = '' } = useRoute().params;
  return <One key={runId} workflow={workflow} runId={runId} />;
}

function One({ workflow, runId }: { workflow: string; runId: string }) {
  const texts = t().run;
  const titles = useTitles();
  const followed = useFollowed(workflow, runId);
  const { run } = followed;
  return (
    <Page
      title={titles(workflow)}
      back={{ href: '/console/runs', label: texts.title }}
      lead={run.data && <Lead run={run.data} followed={followed} />}
      actions={run.data && <Actions run={run.data} />}
    >
      {run.data === undefined && run.failure?.status === 404
        ? <Card><Empty icon="search" title={texts.notFound}>{texts.notFoundDetail}</Empty></Card>
        : (
          <Shown of={run} lines={8}>
            {(read) => (
              <>
                <Standing run={read} />
                {read.suspension?.reason === 'approval_required' && <Approval key={read.suspension.hash} run={read} suspension={read.suspension} />}
                <Waterfall picture={followed.picture} />
                <Facts run={read} events={followed.picture.events} />
              </>
            )}
          </Shown>
        )}
    </Page>
  );
}

function Lead({ run, followed: { live, failure } }: { run: Run; followed: Followed }) {
  const texts = t().run;
  return (
    <span class="row">
      <RunBadge run={run} />
      {!hasEnded(run) && live && <Badge tone="calm" icon="pulse">{texts.live}</Badge>}
      {!hasEnded(run) && !live && failure && <Badge tone="notice" icon="turn">{texts.reconnecting}</Badge>}
      <span>{texts.startedWord} <When at={run.startedAt} />{run.endedAt && <> · {texts.took} <Took from={run.startedAt} to={run.endedAt} /></>}</span>
    </span>
  );
}

function Actions({ run }: { run: Run }) {
  const texts = t().run;
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const { start, busy: starting } = useStart(run.workflow);
  const path = { workflow: run.workflow, runId: run.runId };
  const cancel = () => {
    setBusy(true);
    data(api.DELETE('/api/workflows/{workflow}/runs/{runId}', { params: { path } })).then(
      () => { say(texts.cancelled); setAsking(false); void renew(`run:${run.runId}`, 'runs:', 'approvals'); },
      (error: unknown) => sayFailure(Failure.from(error)),
    ).finally(() => setBusy(false));
  };
  if (hasEnded(run)) {
    return <Button icon="play" busy={starting} onPress={() => start(isInput(run.input) ? run.input : undefined)}>{texts.again}</Button>;
  }
  if (run.status === 'cancelling') return null;
  return (
    <>
      <Button look="danger" icon="cross" onPress={() => setAsking(true)}>{texts.cancel}</Button>
      {asking && (
        <Dialog
          title={texts.cancelTitle}
          onClose={() => setAsking(false)}
          footer={<><Button onPress={() => setAsking(false)}>{texts.cancelKeep}</Button><Button look="danger" busy={busy} onPress={cancel}>{texts.cancel}</Button></>}
        >
          <p>{texts.cancelDetail}</p>
        </Dialog>
      )}
    </>
  );
}

const isInput = (input: unknown): input is Record<string, unknown> => typeof input === 'object' && input !== null;
