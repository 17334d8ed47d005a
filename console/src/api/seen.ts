// What was seen last, for when the network is gone. Owns a store of answers of the API in this browser;
// it goes with whoever it was shown to: signing out, or another person, empties it.

import { signal } from '@preact/signals';

const STORE = 'onbehalf-seen';
const SEEN_AT = 'x-onbehalf-seen-at';
const WHO = 'onbehalf-seen-by';

/** Since when what is shown is from the store; undefined while the network answers. */
export const shownFrom = signal<number | undefined>(undefined);

/** As `fetch`, but an answer that was read before stands in for one that cannot be had. */
export async function fetchOrSeen(request: Request): Promise<Response> {
  const readable = request.method === 'GET' && 'caches' in window && !request.url.endsWith('/events');
  try {
    const answer = await fetch(request);
    shownFrom.value = undefined;
    if (readable && answer.status === 200) void keep(request, answer.clone());
    return answer;
  } catch (error) {
    if (!readable || request.signal.aborted) throw error;
    const seen = await (await caches.open(STORE)).match(request.url);
    if (!seen) throw error;
    const at = Number(seen.headers.get(SEEN_AT));
    shownFrom.value = Math.min(shownFrom.peek() ?? at, at);
    return seen;
  }
}

async function keep(request: Request, answer: Response): Promise<void> {
  const headers = new Headers({ 'content-type': answer.headers.get('content-type') ?? 'application/json', [SEEN_AT]: String(Date.now()) });
  const body = await answer.arrayBuffer();
  await (await caches.open(STORE)).put(request.url, new Response(body, { headers }));
}

/** Whether what is kept was shown to another; from now on it is this person's. */
export function isSomebodyElse(name: string): boolean {
  const before = localStorage.getItem(WHO);
  localStorage.setItem(WHO, name);
  return before !== null && before !== name;
}

export async function forget(): Promise<void> {
  if ('caches' in window) await caches.delete(STORE);
}
