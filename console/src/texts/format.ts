// Dates, durations and numbers in the language that is shown and the viewer's own time zone.

import { shownLanguage } from './shown';

const kept = new Map<string, unknown>();

function once<T>(kind: string, make: (language: string) => T): T {
  const key = `${shownLanguage.value}:${kind}`;
  if (!kept.has(key)) kept.set(key, make(shownLanguage.value === 'en' ? 'en-GB' : shownLanguage.value));
  return kept.get(key) as T;
}

export const number = (value: number) => once('number', (of) => new Intl.NumberFormat(of)).format(value);

export const signed = (value: number) =>
  once('signed', (of) => new Intl.NumberFormat(of, { signDisplay: 'exceptZero' })).format(value);

export const list = (items: string[]) => once('list', (of) => new Intl.ListFormat(of, { type: 'conjunction' })).format(items);

/** Day and time, to the minute. */
export const moment = (at: string | number) =>
  once('moment', (of) => new Intl.DateTimeFormat(of, { dateStyle: 'medium', timeStyle: 'short' })).format(new Date(at));

/** All there is, with the zone. */
export const exact = (at: string | number) =>
  once('exact', (of) => new Intl.DateTimeFormat(of, { dateStyle: 'full', timeStyle: 'long' })).format(new Date(at));

export const clock = (at: string | number) =>
  once('clock', (of) => new Intl.DateTimeFormat(of, { timeStyle: 'medium' })).format(new Date(at));

export const day = (at: string | number) =>
  once('day', (of) => new Intl.DateTimeFormat(of, { day: 'numeric', month: 'short' })).format(new Date(at));

/** Today's date, as a heading. */
export const today = (at: string | number) =>
  once('today', (of) => new Intl.DateTimeFormat(of, { weekday: 'long', day: 'numeric', month: 'long' })).format(new Date(at));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];
/** Nearer than this, a second more or less is none. */
const NOW_MS = 10_000;

/** How long ago, or how long until. */
export function relative(at: string | number, now = Date.now()): string {
  const apart = new Date(at).getTime() - now;
  const words = once('relative', (of) => new Intl.RelativeTimeFormat(of, { numeric: 'auto' }));
  if (Math.abs(apart) < NOW_MS) return words.format(0, 'second');
  const [unit, size] = STEPS.find(([, length]) => Math.abs(apart) >= length) ?? ['second', 1000];
  return words.format(Math.round(apart / size), unit);
}

const duration = (unit: string, value: number, digits = 0) =>
  once(`duration:${unit}:${digits}`, (of) => new Intl.NumberFormat(of, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits })).format(value);

/** A length of time in the one or two units that say it. */
export function lasted(ms: number): string {
  if (ms < 1000) return duration('millisecond', Math.max(0, Math.round(ms)));
  if (ms < 60_000) return duration('second', ms / 1000, ms < 10_000 ? 1 : 0);
  const seconds = Math.floor(ms / 1000);
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (hours === 0) return `${duration('minute', minutes)} ${duration('second', seconds % 60)}`;
  if (days === 0) return `${duration('hour', hours)} ${duration('minute', minutes % 60)}`;
  return `${duration('day', days)} ${duration('hour', hours % 24)}`;
}

export interface Forms {
  one: string;
  other: string;
}

/** One of the forms that a language has for a count; `#` stands for the number. */
export function plural(count: number, forms: Forms): string {
  const rule = once('plural', (of) => new Intl.PluralRules(of)).select(count);
  return (rule === 'one' ? forms.one : forms.other).replace('#', number(count));
}
