// What was done, said once where it does not move the page. A live region, so it is heard as well.

import { signal } from '@preact/signals';

import type { Failure } from '../api/failure';
import { inWords } from '../state/said';
import { t } from '../texts';
import { IconButton } from './button';
import { Icon } from './icon';
import { InEnglish } from './said';

interface Toast {
  id: number;
  text: string;
  tone: 'good' | 'bad';
  /** What the API has said beside it, in English. */
  said: string | undefined;
}

const toasts = signal<Toast[]>([]);
let count = 0;
const STAYS_MS = 6000;

export function say(text: string, tone: Toast['tone'] = 'good', said?: string): void {
  const id = ++count;
  toasts.value = [...toasts.value, { id, text, tone, said }];
  // What went wrong stays until it was read.
  if (tone === 'good') setTimeout(() => drop(id), STAYS_MS);
}

export function sayFailure(failure: Failure): void {
  if (failure.offline) return say(t().states.offline, 'bad');
  const known = inWords('problems', failure.kind);
  say(known ?? failure.message, 'bad', known === undefined ? undefined : failure.message);
}

const drop = (id: number) => (toasts.value = toasts.value.filter((toast) => toast.id !== id));

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone, said }) => (
        <div key={id} class={`toast ${tone}`}>
          <Icon name={tone === 'good' ? 'check' : 'alert'} />
          <p>{text}{said !== undefined && <>: <InEnglish>{said}</InEnglish></>}</p>
          <IconButton icon="cross" label={t().states.close} onPress={() => drop(id)} />
        </div>
      ))}
    </div>
  );
}
