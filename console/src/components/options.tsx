// What a run may be started with beside the usual: loaded when somebody wants to choose.

import { useState } from 'preact/hooks';

import type { Workflow } from '../api/client';
import { Members } from '../schema/form';
import { begun, missing, type Schema } from '../schema/schema';
import { t } from '../texts';
import { Button } from './button';
import { Dialog } from './dialog';

export function Options({ workflow, title, busy, onStart, onClose }: { workflow: Workflow; title: string; busy: boolean; onStart: (input: Record<string, unknown>) => void; onClose: () => void }) {
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
