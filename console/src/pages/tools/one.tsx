// One tool: its input as a form or as JSON, a dry run, a run as oneself, and what came of it.

import { useState } from 'preact/hooks';

import { api, data, type Schemas, type Tool } from '../../api/client';
import { Failure } from '../../api/failure';
import { Badge } from '../../components/badge';
import { Button, LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { Code, Json } from '../../components/code';
import { Dialog } from '../../components/dialog';
import { Field, Segments } from '../../components/fields';
import { More } from '../../components/more';
import { CallFailed } from '../../components/said';
import { Failed, Notice } from '../../components/states';
import { JsonInput, Members } from '../../schema/form';
import { begun, fieldOf, missing, type Schema } from '../../schema/schema';
import { appName } from '../../state/words';
import { t } from '../../texts';
import { Value } from '../run/value';

type Ended = { status: string; kind?: string; message?: string; callId?: string; repeated?: boolean };
type Outcome =
  | { kind: 'dry'; dry: Schemas['DryRun'] }
  | { kind: 'pending'; pending: Schemas['ToolCallPending'] }
  | { kind: 'ended'; ended: Ended }
  | { kind: 'failed'; failure: Failure };

export function One({ tool }: { tool: Tool }) {
  const texts = t().tools;
  const schema = tool.inputSchema as Schema;
  const field = fieldOf(schema, schema);
  const [input, setInput] = useState<unknown>(() => begun(schema, schema) ?? {});
  const [as, setAs] = useState<'form' | 'json'>(field.kind === 'object' ? 'form' : 'json');
  const [lacks, setLacks] = useState<string[]>([]);
  const [busy, setBusy] = useState<'dry' | 'run'>();
  const [asking, setAsking] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();

  const isFilled = () => {
    const found = missing(schema, schema, input);
    setLacks(found);
    return found.length === 0;
  };
  const execute = (dryRun: boolean) => {
    // The other button is there meanwhile, and the later answer need not be that of the later question.
    if (busy) return;
    setBusy(dryRun ? 'dry' : 'run');
    setAsking(false);
    const asked = data(api.POST('/api/tools/{id}/execute', { params: { path: { id: tool.id }, query: { dryRun } }, body: input as Record<string, never> }));
    asked.then(
      (answer) => setOutcome(read(answer)),
      (error: unknown) => setOutcome({ kind: 'failed', failure: Failure.from(error) }),
    ).finally(() => setBusy(undefined));
  };

  return (
    <>
      <div class="row">
        <Badge tone="plain" icon="link">{appName(tool.connector)}</Badge>
        <Badge tone={tool.writes ? 'notice' : 'calm'} icon={tool.writes ? 'write' : 'search'}>{tool.writes ? texts.writes : texts.reads}</Badge>
        {tool.origin === 'catalogue' && <Badge tone="plain">{texts.catalogue}</Badge>}
      </div>
      <div class="halves">
        <Card
          title={texts.input}
          actions={field.kind === 'object' && (
            <Segments label={texts.input} value={as} onChoose={setAs} choices={[{ value: 'form', label: texts.asForm }, { value: 'json', label: texts.asJson }]} />
          )}
        >
          <form class="stack" noValidate onSubmit={(event) => { event.preventDefault(); if (isFilled()) tool.writes ? setAsking(true) : execute(false); }}>
            {as === 'form'
              ? field.kind === 'object' && field.properties.length === 0
                ? <p class="soft">{texts.noInput}</p>
                : <Members schema={schema} root={schema} value={input} onChange={setInput} path="" missing={lacks} />
              : <Field label={texts.asJson}>{(ids) => <JsonInput ids={ids} value={input} onChange={(value) => setInput(value ?? {})} />}</Field>}
            <div class="row">
              <Button type="submit" look="primary" icon="play" busy={busy === 'run'}>{texts.run}</Button>
              {tool.writes && <Button busy={busy === 'dry'} onPress={() => isFilled() && execute(true)}>{texts.dryRun}</Button>}
            </div>
            {tool.writes && <p class="soft small">{texts.dryRunLead}</p>}
          </form>
        </Card>
        <Card title={texts.outcome}>
          <div role="status" class="stack">{outcome ? <Shown outcome={outcome} /> : <p class="soft">{texts.nothingRun}</p>}</div>
        </Card>
      </div>
      <Card>
        <More title={texts.schemaIn}><Json label={texts.schemaIn} value={tool.inputSchema} /></More>
        {tool.outputSchema !== undefined && tool.outputSchema !== null && <More title={texts.schemaOut}><Json label={texts.schemaOut} value={tool.outputSchema} /></More>}
        <More title={texts.curl}>
          <Code label={texts.curl}>{`curl -X POST -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\\n  ${location.origin}/api/tools/${tool.id}/execute -d '${JSON.stringify(input)}'`}</Code>
        </More>
      </Card>
      {asking && (
        <Dialog
          title={texts.confirmTitle}
          onClose={() => setAsking(false)}
          footer={<><Button onPress={() => setAsking(false)}>{t().states.cancel}</Button><Button look="primary" icon="check" onPress={() => execute(false)}>{texts.run}</Button></>}
        >
          <div class="stack"><p>{texts.confirmDetail}</p><Value value={input} /></div>
        </Dialog>
      )}
    </>
  );
}

function read(answer: unknown): Outcome {
  const value = answer as Record<string, unknown>;
  if (value['dryRun'] === true) return { kind: 'dry', dry: answer as Schemas['DryRun'] };
  if (typeof value['run'] === 'string') return { kind: 'pending', pending: answer as Schemas['ToolCallPending'] };
  return { kind: 'ended', ended: answer as Ended };
}

function Shown({ outcome }: { outcome: Outcome }) {
  const texts = t().tools;
  switch (outcome.kind) {
    case 'failed':
      return <Failed failure={outcome.failure} />;
    case 'dry': {
      const { writes, decision } = outcome.dry;
      return (
        <>
          <Notice icon="search" title={writes.length === 0 ? texts.wouldRead : texts.wouldWrite(writes.length)}>{texts.decision}: {texts.decisions[decision]}</Notice>
          {writes.map((write, at) => <Value key={at} value={write.arguments} />)}
        </>
      );
    }
    case 'pending': {
      const path = outcome.pending.run.replace(/^.*\/api\/workflows\//, '').replace('/runs/', '/');
      return (
        <Notice tone="notice" title={texts.pending} actions={<LinkButton small href={`/console/runs/${path}`}>{texts.pendingRun}</LinkButton>}>
          {outcome.pending.suspension && t().run.waitReasons[outcome.pending.suspension.reason]}
        </Notice>
      );
    }
    case 'ended': {
      const { status, message, repeated, ...rest } = outcome.ended;
      const words: Record<string, string> = texts.statuses;
      return (
        <>
          <Notice tone={status === 'success' ? 'good' : 'bad'} title={words[status] ?? status}>{message && <CallFailed of={{ ...outcome.ended, message }} />}</Notice>
          {repeated && <Notice title={texts.repeated} />}
          <Json label={texts.outcome} value={rest} />
        </>
      );
    }
  }
}
