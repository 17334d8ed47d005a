// A form that is made from a JSON Schema. Its value is the input as it will be sent.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import { Button } from '../components/button';
import { Check, Field as Labelled } from '../components/fields';
import { InEnglish } from '../components/said';
import { spelled } from '../state/words';
import { t } from '../texts';
import { fieldOf, resolved, type Schema } from './schema';

interface Part {
  schema: Schema;
  root: Schema;
  value: unknown;
  onChange: (value: unknown) => void;
  /** Where it stands in the whole, and what is missing of the whole. */
  path: string;
  missing: string[];
}

/** The members of an object, each as a field of its own. */
export function Members(part: Part) {
  const field = fieldOf(part.schema, part.root);
  if (field.kind !== 'object') return <Entry name="" needed {...part} />;
  const value = (part.value ?? {}) as Record<string, unknown>;
  const set = (name: string, member: unknown) => {
    const next = { ...value, [name]: member };
    if (member === undefined || member === '') delete next[name];
    part.onChange(next);
  };
  return (
    <div class="stack">
      {field.properties.map(([name, schema, needed]) => (
        <Entry
          key={name}
          name={name}
          needed={needed}
          schema={schema}
          root={part.root}
          value={value[name]}
          onChange={(member) => set(name, member)}
          path={part.path === '' ? name : `${part.path}.${name}`}
          missing={part.missing}
        />
      ))}
    </div>
  );
}

function Entry({ name, needed, ...part }: Part & { name: string; needed: boolean }) {
  const texts = t().tools;
  const { root, value, onChange } = part;
  const schema = resolved(part.schema, root);
  const field = fieldOf(schema, root);
  const label = `${spelled(name)}${needed ? '' : ` (${texts.optional})`}`;
  const hint = schema.description && <InEnglish>{schema.description}</InEnglish>;
  const wrong = part.missing.includes(part.path) ? texts.required : undefined;
  switch (field.kind) {
    case 'flag':
      return <Check label={<>{label}{hint && <span class="soft small"> {hint}</span>}</>} on={value === true} onChange={onChange} />;
    case 'object':
      return (
        <fieldset class="nested stack">
          <legend class="label">{label}</legend>
          <Members {...part} />
        </fieldset>
      );
    case 'list':
      return <List name={label} hint={hint} of={field.of} {...part} />;
    default:
      return (
        <Labelled label={label} hint={hint} wrong={wrong}>
          {(ids) => {
            switch (field.kind) {
              case 'choice':
                return (
                  <select {...ids} value={typeof value === 'string' ? value : ''} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
                    {(!needed || value === undefined) && <option value="">{texts.notSet}</option>}
                    {field.choices.map((choice) => <option key={choice.value} value={choice.value} title={choice.about}>{spelled(choice.value)}</option>)}
                  </select>
                );
              case 'number':
                return (
                  <input
                    {...ids}
                    type="number"
                    step={field.whole ? 1 : 'any'}
                    min={field.least}
                    max={field.most}
                    value={typeof value === 'number' ? value : ''}
                    onInput={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.valueAsNumber)}
                  />
                );
              case 'moment':
                return (
                  <input
                    {...ids}
                    type="datetime-local"
                    value={typeof value === 'string' ? local(value) : ''}
                    onInput={(event) => onChange(event.currentTarget.value === '' ? undefined : new Date(event.currentTarget.value).toISOString())}
                  />
                );
              case 'json':
                return <JsonInput ids={ids} value={value} onChange={onChange} />;
              case 'text':
                return field.long
                  ? <textarea {...ids} value={typeof value === 'string' ? value : ''} onInput={(event) => onChange(event.currentTarget.value)} />
                  : <input {...ids} type="text" autocomplete="off" value={typeof value === 'string' ? value : ''} onInput={(event) => onChange(event.currentTarget.value)} />;
            }
          }}
        </Labelled>
      );
  }
}

function List({ name, hint, of, value, onChange, ...part }: Omit<Part, 'schema'> & { name: string; hint: ComponentChildren; of: Schema }) {
  const texts = t().tools;
  const entries: unknown[] = Array.isArray(value) ? value : [];
  const set = (next: unknown[]) => onChange(next.length === 0 ? undefined : next);
  return (
    <fieldset class="nested stack near">
      <legend class="label">{name}</legend>
      {hint && <p class="soft small">{hint}</p>}
      {entries.map((entry, at) => (
        <div key={at} class="entry">
          <Entry name={texts.entry(at + 1)} needed {...part} schema={of} value={entry} path={`${part.path}.${at}`} onChange={(next) => set(entries.map((one, index) => (index === at ? next : one)))} />
          <Button small onPress={() => set(entries.filter((_, index) => index !== at))}>{texts.remove}</Button>
        </div>
      ))}
      <div><Button small onPress={() => set([...entries, ''])}>{texts.add}</Button></div>
    </fieldset>
  );
}

export function JsonInput({ ids, value, onChange }: { ids: object; value: unknown; onChange: (value: unknown) => void }) {
  const id = useId();
  return (
    <textarea
      {...ids}
      key={id}
      class="input mono"
      spellcheck={false}
      defaultValue={value === undefined ? '' : JSON.stringify(value, null, 2)}
      onInput={(event) => {
        const text = event.currentTarget.value;
        try {
          onChange(text.trim() === '' ? undefined : JSON.parse(text));
          event.currentTarget.setCustomValidity('');
        } catch {
          event.currentTarget.setCustomValidity(t().tools.notJson);
          event.currentTarget.reportValidity();
        }
      }}
    />
  );
}

/** A time in the viewer's own zone, as the browser's field writes it. */
function local(at: string): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
