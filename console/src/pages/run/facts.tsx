// What else there is of a run: its result and state as data, each event, and how a program asks for it.

import { useState } from 'preact/hooks';

import type { Run, RunEvent } from '../../api/client';
import { Button } from '../../components/button';
import { Card } from '../../components/card';
import { Code, Json } from '../../components/code';
import { More } from '../../components/more';
import { hasEnded } from '../../state/queries';
import { t } from '../../texts';
import { clock, exact } from '../../texts/format';

const PAGE = 100;

export function Facts({ run, events }: { run: Run; events: RunEvent[] }) {
  const texts = t().run;
  return (
    <Card>
      <div class="stack">
        <dl class="facts">
          <dt>{texts.id}</dt><dd><code>{run.runId}</code></dd>
          <dt>{texts.version}</dt><dd>{run.version}</dd>
          <dt>{texts.startedWord}</dt><dd>{exact(run.startedAt)}</dd>
          <dt>{run.endedAt ? texts.ended : texts.updated}</dt><dd>{exact(run.endedAt ?? run.updatedAt)}</dd>
          {run.traceId && <><dt>{texts.trace}</dt><dd><code>{run.traceId}</code></dd></>}
        </dl>
        <div>
          {run.result !== undefined && run.result !== null && <Data title={texts.resultTitle} value={run.result} />}
          <Data title={texts.inputTitle} value={run.input} />
          <Data title={texts.stateTitle} value={run.state} />
          <More title={texts.eventsTitle}><Events events={events} /></More>
          <More title={texts.curlTitle}><Curl run={run} /></More>
        </div>
      </div>
    </Card>
  );
}

/** A value that is only written out once somebody wants to see it: a result can be long. */
function Data({ title, value }: { title: string; value: unknown }) {
  const [seen, setSeen] = useState(false);
  return (
    <details class="more" onToggle={(event) => event.currentTarget.open && setSeen(true)}>
      <More.Summary>{title}</More.Summary>
      {seen && <Json label={title} value={value ?? null} />}
    </details>
  );
}

function Events({ events }: { events: RunEvent[] }) {
  const [shown, setShown] = useState(PAGE);
  const texts = t().run;
  return (
    <>
      <ol class="events">
        {events.slice(0, shown).map(({ seq, at, type, ...more }) => (
          <li key={seq}><time dateTime={at}>{clock(at)}</time> <b>{type}</b> <code>{Object.keys(more).length > 0 ? JSON.stringify(more) : ''}</code></li>
        ))}
      </ol>
      {shown < events.length && <Button small look="quiet" onPress={() => setShown(shown + PAGE * 5)}>{texts.moreEvents(events.length - shown)}</Button>}
    </>
  );
}

function Curl({ run }: { run: Run }) {
  const texts = t().run;
  const url = `${location.origin}/api/workflows/${run.workflow}/runs/${run.runId}`;
  const auth = '-H "Authorization: Bearer $TOKEN"';
  const lines = [`curl ${auth} ${url}`, `curl -N ${auth} ${url}/events`];
  if (run.suspension?.reason === 'approval_required') {
    const body = JSON.stringify({ approval: { hash: run.suspension.hash, decision: 'approve' }, number: run.suspension.number });
    lines.push(`curl -X POST ${auth} -H 'Content-Type: application/json' ${url}/resume -d '${body}'`);
  }
  lines.push(hasEnded(run)
    ? `curl -X POST ${auth} -H 'Content-Type: application/json' ${location.origin}/api/workflows/${run.workflow}/trigger -d '${JSON.stringify(run.input)}'`
    : `curl -X DELETE ${auth} ${url}`);
  return (
    <div class="stack near">
      <p class="soft small">{texts.curlLead}</p>
      <Code label={texts.curlTitle}>{lines.join('\n')}</Code>
    </div>
  );
}
