// A run as it happens: server-sent events, read with `fetch`, since an `EventSource` can carry no token.
// Owns that none is missed: after a break it goes on behind the last one seen.

import { FORGERY_HEADER } from '../early';
import type { RunEvent } from './client';
import { Failure } from './failure';
import { forgeryToken, sessionEnded } from './session';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** After one of these nothing more happens. */
const LAST = ['completed', 'failed', 'cancelled'];

export interface Following {
  onEvent: (event: RunEvent) => void;
  /** Whether the stream is open now. */
  onLive: (live: boolean) => void;
  onFailure: (failure: Failure) => void;
  signal: AbortSignal;
}

/** Follows a run to its end, or until it is aborted. */
export async function followRun(workflow: string, runId: string, { onEvent, onLive, onFailure, signal }: Following): Promise<void> {
  const url = `/api/workflows/${encodeURIComponent(workflow)}/runs/${encodeURIComponent(runId)}/events`;
  let last = '';
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      const answer = await fetch(url, {
        signal,
        headers: { accept: 'text/event-stream', [FORGERY_HEADER]: forgeryToken(), ...(last === '' ? {} : { 'last-event-id': last }) },
      });
      if (answer.status === 401) return sessionEnded();
      if (!answer.ok || !answer.body) throw await Failure.of(answer);
      onLive(true);
      for await (const { id, text } of messages(answer.body)) {
        pause = FIRST_PAUSE_MS;
        const event = JSON.parse(text) as RunEvent;
        if (id !== '') last = id;
        onEvent(event);
        if (LAST.includes(event.type)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      const failure = Failure.from(error);
      onFailure(failure);
      if (failure.status !== undefined && failure.status < 500 && failure.status !== 429) return;
      pause = Math.max(pause, (failure.retryAfter ?? 0) * 1000);
    } finally {
      // Who has left may watch another run by now.
      if (!signal.aborted) onLive(false);
    }
    await elapsed(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** The messages of a stream of server-sent events. */
export async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<{ id: string; text: string }> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const lines = block.split(/\r?\n/);
        const of = (name: string) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
        const text = of('data').join('\n');
        if (text !== '') yield { id: of('id').at(-1) ?? '', text };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
