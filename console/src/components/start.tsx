// Starts a run: at once, or with what its workflow lets one choose.

import { useState } from 'preact/hooks';

import type { Workflow } from '../api/client';
import { Members } from '../schema/form';
import { begun, missing, type Schema } from '../schema/schema';
import { useWorkflows } from '../state/queries';
import { useStart } from '../state/starting';
import { useTitles } from '../state/words';
import { t } from '../texts';
import { Button } from './button';
import { Dialog } from './dialog';

export function Start({ workflow, small }: { workflow: string; small?: boolean }) {
  const texts = t().run;
  const { start, busy } = useStart(workflow);
  const [open, setOpen] = useState(false);
  const { data } = useWorkflows();
  const hosted = data?.find(({ id }) => id === workflow);
  const title = useTitles()(workflow);
  return (
    <>
      {hosted && <Button look="quiet" {...(small ? { small } : {})} onPress={() => setOpen(true)}>{texts.options}<span class="unseen">: {title}</span></Button>}
      <Button look={small ? 'plain' : 'primary'} {...(small ? { small } : {})} icon="play" busy={busy} onPress={() => start()}>{texts.runNow}<span class="unseen">: {title}</span></Button>
      {open && hosted && <Options workflow={hosted} title={title} busy={busy} onStart={start} onClose={() => setOpen(false)} />}
    </>
  );
}

function Options({ workflow, title, busy, onStart, onClose }: { workflow: Workflow; title: string; busy: boolean; onStart: (input: Record<string, unknown>) => void; onClose: () => void }) {
  const texts = t().run;
  const schema = workflow.inputSchema as Schema;
  const [input, setInput] = useState<unknown>(() => begun(schema, schema) ?? {});
  const [lacks, setLacks] = useState<string[]>([]);
  const start = () => {
    const found = missing(schema, schema, input);
    setLacks(found);
    if (found.length === 0) onStart(input as Record<string, unknown>);
  };
  return (
    <Dialog title={`${texts.options}: ${title}`} onClose={onClose} footer={<><Button onPress={onClose}>{t().states.cancel}</Button><Button look="primary" icon="play" busy={busy} onPress={start}>{texts.start}</Button></>}>
      <Members schema={schema} root={schema} value={input} onChange={setInput} path="" missing={lacks} />
    </Dialog>
  );
}
