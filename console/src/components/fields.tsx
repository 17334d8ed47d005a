// What is filled in and chosen. Every field has its label, and says what is wrong beside itself.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

import { number } from '../texts/format';
import { Icon } from './icon';

export function Field({ label, hint, wrong, children }: {
  label: string;
  hint?: ComponentChildren;
  wrong?: string | undefined;
  children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: 'true' }) => ComponentChildren;
}) {
  const id = useId();
  const about = hint || wrong ? `${id}-about` : undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(about ? { 'aria-describedby': about } : {}), ...(wrong ? { 'aria-invalid': 'true' as const } : {}) })}
      {about && (
        <div id={about}>
          {wrong && <p class="wrong">{wrong}</p>}
          {hint && <p class="hint">{hint}</p>}
        </div>
      )}
    </div>
  );
}

export function Search({ label, value, onInput }: { label: string; value: string; onInput: (value: string) => void }) {
  return (
    <div class="search">
      <Icon name="search" />
      <input class="input" type="search" aria-label={label} placeholder={label} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
    </div>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: string;
  count?: number;
}

/** One of a few, all in view. */
export function Segments<T extends string>({ label, choices, value, onChoose }: { label: string; choices: Choice<T>[]; value: T; onChoose: (value: T) => void }) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="unseen">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input type="radio" name={name} value={choice.value} checked={choice.value === value} onChange={() => onChoose(choice.value)} />
          {choice.label}
          {choice.count !== undefined && <span class="number">{number(choice.count)}</span>}
        </label>
      ))}
    </fieldset>
  );
}

/** One of many. */
export function Select<T extends string>({ label, choices, value, onChoose, unseenLabel }: { label: string; choices: Choice<T>[]; value: T; onChoose: (value: T) => void; unseenLabel?: boolean }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={unseenLabel ? 'unseen' : ''}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value as T)}>
        {choices.map((choice) => <option key={choice.value} value={choice.value} selected={choice.value === value}>{choice.label}</option>)}
      </select>
    </div>
  );
}

export function Switch({ label, on, busy, onChange }: { label: ComponentChildren; on: boolean; busy?: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="switch">
      <input type="checkbox" role="switch" checked={on} aria-busy={busy ? 'true' : undefined} onChange={(event) => !busy && onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

export function Check({ label, on, onChange }: { label: ComponentChildren; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}
