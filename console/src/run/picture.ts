// What happened to a run, as a picture: steps with their attempts, waits and writes, each with its
// beginning and end. Folded from the events alone, so that it is the same whether one watches or looks
// back.

import type { RunEvent, Schemas } from '../api/client';

export type WriteEnd = Schemas['WriteOutcome'];

export interface Attempt {
  number: number;
  from: string;
  to: string | undefined;
  error: string | undefined;
  retryAt: string | undefined;
}

export interface Wait {
  number: number;
  from: string;
  to: string | undefined;
  why: Schemas['WaitView'];
  by: string | undefined;
}

export interface Write {
  item: string;
  kind: string;
  from: string;
  to: string | undefined;
  outcome: WriteEnd | undefined;
  /** How it was told whether it is there, where no answer said so. */
  reconciled: Reconciled[];
}

/** `sent` again after it certainly had not landed; `sought` in an app that could not tell yet; `found`
 *  there by looking. */
export interface Reconciled {
  what: 'sent' | 'sought' | 'found';
  at: string;
}

export interface Step {
  id: string;
  from: string;
  to: string | undefined;
  standing: 'running' | 'waiting' | 'completed' | 'failed' | 'ended';
  attempts: Attempt[];
  waits: Wait[];
  writes: Write[];
}

export interface Picture {
  from: string | undefined;
  to: string | undefined;
  steps: Step[];
  events: RunEvent[];
  failure: Schemas['RunFailure'] | undefined;
}

export const NOTHING: Picture = { from: undefined, to: undefined, steps: [], events: [], failure: undefined };

/** The picture after some more events. Those that it has already change nothing. */
export function after(before: Picture, more: RunEvent[]): Picture {
  const last = before.events.at(-1)?.seq ?? -1;
  const fresh = more.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return before;
  const picture: Picture = { ...before, steps: before.steps.map(copied), events: [...before.events, ...fresh] };
  for (const event of fresh) add(picture, event);
  return picture;
}

const copied = (step: Step): Step => ({ ...step, attempts: [...step.attempts], waits: [...step.waits], writes: [...step.writes] });

function add(picture: Picture, event: RunEvent): void {
  const { at } = event;
  const current = picture.steps.at(-1);
  switch (event.type) {
    case 'started':
      picture.from = at;
      break;
    case 'step_started': {
      let step = picture.steps.find(({ id }) => id === event.step);
      if (!step) {
        step = { id: event.step, from: at, to: undefined, standing: 'running', attempts: [], waits: [], writes: [] };
        picture.steps.push(step);
      }
      step.standing = 'running';
      closeLast(step.attempts, at);
      step.attempts.push({ number: event.attempt, from: at, to: undefined, error: undefined, retryAt: undefined });
      break;
    }
    case 'step_failed': {
      const step = picture.steps.find(({ id }) => id === event.step);
      if (step) change(step.attempts, ({ number }) => number === event.attempt, { to: at, error: event.error, retryAt: event.retryAt });
      break;
    }
    case 'step_completed': {
      const step = picture.steps.find(({ id }) => id === event.step);
      if (step) {
        Object.assign(step, { to: at, standing: 'completed' });
        closeLast(step.attempts, at);
      }
      break;
    }
    case 'write_begun': {
      const step = stepOf(picture, event.item) ?? current;
      const known = step?.writes.some(({ item }) => item === event.item);
      if (step && !known) step.writes.push({ item: event.item, kind: event.kind, from: at, to: undefined, outcome: undefined, reconciled: [] });
      break;
    }
    case 'write_released':
    case 'write_sought': {
      const step = stepOf(picture, event.item) ?? current;
      if (step) reconcile(step, event.item, { what: event.type === 'write_sought' ? 'sought' : 'sent', at: event.againAt ?? at });
      break;
    }
    case 'write_settled': {
      const step = stepOf(picture, event.item) ?? current;
      if (step && event.found) reconcile(step, event.item, { what: 'found', at });
      if (step) change(step.writes, ({ item }) => item === event.item, { to: at, outcome: event.outcome });
      break;
    }
    case 'suspended': {
      const step = picture.steps.find(({ id }) => id === event.step) ?? current;
      if (step) {
        step.standing = 'waiting';
        closeLast(step.attempts, at);
        step.waits.push({ number: event.number, from: at, to: undefined, why: event.why, by: undefined });
      }
      break;
    }
    case 'resumed':
      for (const step of picture.steps) {
        if (step.waits.some(({ number, to }) => number === event.number && !to)) {
          step.standing = 'running';
          change(step.waits, ({ number }) => number === event.number, { to: at, by: event.by });
        }
      }
      break;
    case 'failing':
      picture.failure = event.failure;
      break;
    case 'completed':
    case 'cancelled':
      close(picture, at, 'ended');
      break;
    case 'failed':
      picture.failure = event.failure;
      close(picture, at, 'failed');
      break;
    case 'connection_made':
    case 'cancel_requested':
      break;
  }
}

/** Writes are named after the step that makes them. */
const stepOf = (picture: Picture, item: string) => picture.steps.find(({ id }) => item.startsWith(`${id}/`));

function reconcile(step: Step, item: string, more: Reconciled): void {
  const write = step.writes.find((one) => one.item === item);
  if (write) change(step.writes, (one) => one.item === item, { reconciled: [...write.reconciled, more] });
}

/** Whatever is still open when the run ends has ended with it. */
function close(picture: Picture, at: string, standing: Step['standing']): void {
  picture.to = at;
  for (const step of picture.steps) {
    if (step.to) continue;
    Object.assign(step, { to: at, standing });
    closeLast(step.attempts, at);
    closeLast(step.waits, at);
  }
}

function closeLast<T extends { to: string | undefined }>(items: T[], at: string): void {
  const last = items.at(-1);
  if (last && !last.to) items[items.length - 1] = { ...last, to: at };
}

function change<T>(items: T[], which: (item: T) => boolean, by: Partial<T>): void {
  const at = items.findLastIndex(which);
  const found = items[at];
  if (found) items[at] = { ...found, ...by };
}
