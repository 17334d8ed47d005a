// Workflows that run by themselves: on or off, when next, and what became of the latest ticks.

import { useState } from 'preact/hooks';

import { api, data, type Schemas, type Workflow } from '../../api/client';
import { Failure } from '../../api/failure';
import { Badge } from '../../components/badge';
import { Card } from '../../components/card';
import { Select, Switch } from '../../components/fields';
import { Page } from '../../components/page';
import { About, InEnglish } from '../../components/said';
import { Empty, Notice, Shown } from '../../components/states';
import { When } from '../../components/time';
import { say, sayFailure } from '../../components/toasts';
import { useSchedules, useWorkflows } from '../../state/queries';
import { renew } from '../../state/resource';
import { runPath } from '../../state/starting';
import { useTitles } from '../../state/words';
import { t } from '../../texts';
import { exact } from '../../texts/format';

type Mode = Schemas['ApprovalMode'];
const MODES: Mode[] = ['none', 'required', 'four_eyes'];
/** Who asks for approval can be told by what a workflow is started with. */
const asksForApproval = ({ inputSchema }: Workflow) => 'approval' in ((inputSchema as { properties?: object } | undefined)?.properties ?? {});

export default function Schedule() {
  const texts = t().schedule;
  const workflows = useWorkflows();
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Shown of={workflows} lines={6}>
        {(list) => {
          const scheduled = list.filter(({ schedule }) => schedule);
          return scheduled.length === 0
            ? <Card><Empty icon="calendar" title={texts.none} /></Card>
            : scheduled.map((workflow) => <One key={workflow.id} workflow={workflow} />);
        }}
      </Shown>
    </Page>
  );
}

function One({ workflow }: { workflow: Workflow }) {
  const schedules = useSchedules();
  const title = useTitles()(workflow.id);
  return (
    <Card title={title} lead={<About of={workflow} />} flush>
      <Shown of={schedules} lines={3}>
        {(all) => {
          const schedule = all.find((one) => one.workflow === workflow.id);
          return schedule && <Settings workflow={workflow} schedule={schedule} title={title} />;
        }}
      </Shown>
    </Card>
  );
}

function Settings({ workflow, schedule, title }: { workflow: Workflow; schedule: Schemas['Schedule']; title: string }) {
  const texts = t().schedule;
  /** What was asked for is shown until it is known what came of it; until then nothing else is asked. */
  const [wanted, setWanted] = useState<boolean>();
  const path = { workflow: workflow.id };
  const set = (enabled: boolean, approval: Mode) => {
    if (wanted !== undefined) return;
    setWanted(enabled);
    const asked = enabled
      ? data(api.PUT('/api/workflows/{workflow}/schedule', { params: { path }, body: { approval } }))
      : data(api.DELETE('/api/workflows/{workflow}/schedule', { params: { path } }));
    asked.then(
      () => say(enabled ? texts.switchedOn : texts.switchedOff),
      (error: unknown) => sayFailure(Failure.from(error)),
    ).finally(() => renew('schedules').finally(() => setWanted(undefined)));
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div class="beside inner">
      <div class="stack body-pad">
        {schedule.endedBecause && <Notice tone="notice" title={texts.ended}><InEnglish>{schedule.endedBecause}</InEnglish></Notice>}
        <Switch label={<>{texts.on}<span class="unseen">: {title}</span></>} on={wanted ?? schedule.enabled} busy={wanted !== undefined} onChange={(on) => set(on, schedule.approval)} />
        <dl class="facts">
          {schedule.enabled && schedule.nextAt && <><dt>{texts.next}</dt><dd><When at={schedule.nextAt} as="moment" /> <span class="soft small">(<When at={schedule.nextAt} />), {texts.inZone(zone)}</span></dd></>}
          <dt>{texts.utc}</dt><dd><code>{schedule.cron}</code></dd>
          {schedule.enabledAt && <><dt>{texts.since}</dt><dd><When at={schedule.enabledAt} as="moment" /></dd></>}
        </dl>
        {asksForApproval(workflow) && schedule.enabled && (
          <Select
            label={texts.approval}
            value={schedule.approval}
            onChoose={(mode) => set(true, mode)}
            choices={MODES.map((value) => ({ value, label: texts.approvals[value] }))}
          />
        )}
      </div>
      <div class="stack near body-pad">
        <h3>{texts.history}</h3>
        <Ticks workflow={workflow.id} ticks={schedule.ticks ?? []} />
      </div>
    </div>
  );
}

function Ticks({ workflow, ticks }: { workflow: string; ticks: Schemas['TickView'][] }) {
  const texts = t().schedule;
  if (ticks.length === 0) return <p class="soft">{texts.historyNone}</p>;
  return (
    <ol class="ticks">
      {ticks.map((tick) => (
        <li key={tick.at}>
          <span class="row apart">
            <When at={tick.at} as="moment" />
            {tick.runId
              ? <Badge tone="good" icon="check">{tick.joined ? texts.joined : texts.startedRun}</Badge>
              : <Badge tone="bad" icon="cross">{texts.notStarted}</Badge>}
          </span>
          {tick.problem && <p class="soft small"><InEnglish>{tick.problem}</InEnglish></p>}
          {tick.runId && <a class="small" href={runPath(workflow, tick.runId)} aria-label={`${texts.seeRun}, ${exact(tick.at)}`}>{texts.seeRun}</a>}
        </li>
      ))}
    </ol>
  );
}
