// How one workflow stands today: its latest run, what came of it, when it runs next.

import type { RunSummary, Workflow } from '../../api/client';
import { RunBadge } from '../../components/badge';
import { LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { Start } from '../../components/start';
import { Shown } from '../../components/states';
import { Took, When } from '../../components/time';
import { countsOf, ONBOARDING } from '../../onboarding/result';
import { healthShares } from '../../onboarding/shares';
import { Shares } from '../../plots/shares';
import { useSchedules } from '../../state/queries';
import type { Resource } from '../../state/resource';
import { runPath } from '../../state/starting';
import { reasonOf, useTitles } from '../../state/words';
import { t } from '../../texts';

export function Glance({ workflow, latest }: { workflow: Workflow; latest: Resource<RunSummary[]> }) {
  const texts = t().home;
  const run = latest.data?.find((one) => one.workflow === workflow.id);
  const title = useTitles()(workflow.id);
  const isAsked = workflow.schedule === undefined || workflow.schedule === null;
  return (
    <Card
      title={title}
      actions={isAsked ? <LinkButton small icon="chat" href="/console/assistant">{texts.ask}</LinkButton> : <Start small workflow={workflow.id} />}
    >
      <div class="stack">
        <Shown of={latest} lines={2}>
          {() => run
            ? (
              <>
                <div class="row">
                  <RunBadge run={run} />
                  <span class="soft small"><When at={run.startedAt} />{run.endedAt && <> · {t().run.took} <Took from={run.startedAt} to={run.endedAt} /></>}</span>
                </div>
                {run.workflow === ONBOARDING && <Came run={run} />}
              </>
            )
            : <p class="soft">{isAsked ? texts.neverAsked : texts.neverRan}</p>}
        </Shown>
        <div class="row apart foot">
          {isAsked ? <span class="soft small">{texts.onRequest}</span> : <NextRun workflow={workflow.id} />}
          {workflow.id === ONBOARDING
            ? <a class="small" href="/console/onboarding">{texts.allCustomers}</a>
            : run && <a class="small" href={runPath(workflow.id, run.runId)}>{texts.seeRun}</a>}
        </div>
      </div>
    </Card>
  );
}

/** What came of a run of Onboarding health. Its list says it: the result of a thousand customers is not read for
 *  that. */
function Came({ run }: { run: RunSummary }) {
  const counts = countsOf(run);
  if (run.outcome?.kind === 'failed') return <p class="soft">{reasonOf(run.outcome.reason)}</p>;
  if (counts?.customers === 0) return <p class="soft">{t().onboarding.nobody}</p>;
  return counts ? <Shares shares={healthShares(counts)} /> : null;
}

function NextRun({ workflow }: { workflow: string }) {
  const schedule = useSchedules().data?.find((one) => one.workflow === workflow);
  const texts = t().home;
  if (!schedule) return <span />;
  return (
    <span class="soft small">
      {schedule.enabled && schedule.nextAt ? <>{texts.next} <When at={schedule.nextAt} as="moment" /></> : <a href="/console/schedule">{texts.notScheduled}</a>}
    </span>
  );
}
