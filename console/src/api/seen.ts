// What was seen last, for when the network is gone. Owns a store of answers of the API in this browser;
// it goes with whoever it was shown to: signing out, or another person, empties it.

import { signal } from '@preact/signals';

import { fetchOnce } from '../early';
import { leisure } from '../turns';

const STORE = 'onbehalf-seen';
const SEEN_AT = 'x-onbehalf-seen-at';
const WHO = 'onbehalf-seen-by';

/** A stream has no end to keep, and who somebody is at an app is kept nowhere. */
const NEVER_KEPT = /\/(events|account)$/;

/** Since when what is shown is from the store; undefined while the network answers. */
export const shownFrom = signal<number | undefined>(undefined);

/** Grows with every person that is forgotten: what was asked for before is kept no more. */
let person = 0;
/** What is being kept just now. */
const keeping = new Set<Promise<void>>();

/** As `fetch`, but an answer that was read before stands in for one that cannot be had; not where only
 *  what is true now will do (`cache: 'no-store'`). */
export async function fetchOrSeen(request: Request): Promise<Response> {
  const readable = request.method === 'GET' && 'caches' in window && !NEVER_KEPT.test(request.url);
  const asked = person;
  try {
    const answer = await fetchOnce(request);
    shownFrom.value = undefined;
    if (readable && answer.status === 200) {
      const kept = keep(request, answer.clone(), asked).catch(() => {}).finally(() => keeping.delete(kept));
      keeping.add(kept);
    }
    return answer;
  } catch (error) {
    if (!readable || request.signal.aborted || request.cache === 'no-store') throw error;
    const seen = await (await caches.open(STORE)).match(request.url);
    if (!seen) throw error;
    const at = Number(seen.headers.get(SEEN_AT));
    shownFrom.value = Math.min(shownFrom.peek() ?? at, at);
    return seen;
  }
}

async function keep(request: Request, answer: Response, asked: number): Promise<void> {
  // The browser's store takes a slow phone longer than drawing what was answered.
  await leisure();
  const headers = new Headers({ 'content-type': answer.headers.get('content-type') ?? 'application/json', [SEEN_AT]: String(Date.now()) });
  const body = await answer.arrayBuffer();
  if (asked !== person) return;
  await (await caches.open(STORE)).put(request.url, new Response(body, { headers }));
}

/** Whether what is kept was shown to another; from now on it is this person's. */
export function isSomebodyElse(name: string): boolean {
  const before = localStorage.getItem(WHO);
  localStorage.setItem(WHO, name);
  return before !== null && before !== name;
}

/** Empties the store for good: an answer that is still on its way is not put into it. */
export async function forget(): Promise<void> {
  person += 1;
  if (!('caches' in window)) return;
  await Promise.all(keeping);
  await caches.delete(STORE);
}
