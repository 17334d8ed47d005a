// Something that is read from the API and shown: what is there, whether it is being read, what went
// wrong. What was read stays for the next page that asks, which shows it at once and reads it again. What
// several parts of a page ask is read once for all of them.

import { type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { Failure } from '../api/failure';
import { nextTurn } from '../turns';

export interface Resource<T> {
  data: T | undefined;
  failure: Failure | undefined;
  loading: boolean;
  reload: () => void;
}

interface Entry<T> {
  state: Signal<Omit<Resource<T>, 'reload'>>;
  load: (() => Promise<T>) | undefined;
  /** The latest read: an earlier one that ends later counts no more. */
  turn: number;
  /** When it was asked for last, and when it was read; never is 0. */
  askedAt: number;
  readAt: number;
}

/** What is not older than this is not read again because another part of the page asks, too. */
const FRESH_MS = 2_000;
/** Who asks after so long does not wait for an answer that may never come. */
const PATIENCE_MS = 20_000;

const entries = new Map<string, Entry<unknown>>();

function entry<T>(key: string): Entry<T> {
  const found = entries.get(key) as Entry<T> | undefined;
  if (found) return found;
  const made: Entry<T> = { state: signal({ data: undefined, failure: undefined, loading: true }), load: undefined, turn: 0, askedAt: 0, readAt: 0 };
  entries.set(key, made as Entry<unknown>);
  return made;
}

async function read<T>(one: Entry<T>): Promise<void> {
  if (!one.load) return;
  const turn = ++one.turn;
  one.askedAt = Date.now();
  if (!one.state.peek().loading) one.state.value = { ...one.state.peek(), loading: true };
  try {
    await nextTurn();
    const data = await one.load();
    if (turn !== one.turn) return;
    one.readAt = Date.now();
    one.state.value = { data, failure: undefined, loading: false };
  } catch (error) {
    if (turn === one.turn) one.state.value = { ...one.state.peek(), failure: Failure.from(error), loading: false };
  }
}

/** Reads it, unless somebody is at it or has just done so. */
function readOnce<T>(one: Entry<T>): void {
  const now = Date.now();
  const isAsked = one.state.peek().loading && one.askedAt > 0 && now - one.askedAt < PATIENCE_MS;
  if (!isAsked && now - one.readAt >= FRESH_MS) void read(one);
}

/** How often something is read while it is shown. */
interface Often {
  /** Again after so many milliseconds. */
  every?: number;
  /** Not again once it was read, whoever comes back. */
  once?: boolean;
}

/** Reads something when it is first shown, again whenever `every` milliseconds have passed, and when
 *  somebody comes back to the page. */
export function useResource<T>(key: string, load: () => Promise<T>, { every, once }: Often = {}): Resource<T> {
  const one = entry<T>(key);
  one.load = load;
  useEffect(() => {
    if (once) {
      if (one.readAt === 0) readOnce(one);
      return undefined;
    }
    readOnce(one);
    const again = () => {
      if (document.visibilityState === 'visible') readOnce(one);
    };
    document.addEventListener('visibilitychange', again);
    const timer = every === undefined ? undefined : setInterval(again, every);
    return () => {
      document.removeEventListener('visibilitychange', again);
      clearInterval(timer);
    };
  }, [key, every, once]);
  return { ...one.state.value, reload: () => void read(one) };
}

/** Reads again what is known under these keys, and all that begin so. Ends with the last of them. */
export async function renew(...prefixes: string[]): Promise<void> {
  const known = [...entries].filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)));
  await Promise.all(known.map(([, one]) => read(one)));
}

/** Forgets everything that was read: another person is there. */
export function forgetAll(): void {
  entries.clear();
}
