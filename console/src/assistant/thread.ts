// A conversation: what was said, what is being said, and what it waits for. The server keeps it; this
// page shows it, and takes a stream up again that was broken off. One source at a time changes what is
// shown: whatever is asked for later silences what was asked for before.

import { useEffect, useRef, useState } from 'preact/hooks';

import { api, data } from '../api/client';
import { FORGERY_HEADER } from '../early';
import { messages as streamed } from '../api/events';
import { Failure } from '../api/failure';
import { forgeryToken, sessionEnded } from '../api/session';
import { type Chunk, isTool, type Message, type Part, taken, type Waits } from './message';

const DONE = '[DONE]';
/** How soon a stream that broke off is taken up again, and how seldom at last where nobody answers. */
const AGAIN_MS = 1500;
const SELDOM_MS = 15_000;

export interface Conversation {
  messages: Message[];
  waits: Waits | undefined;
  /** Whether the agent is at work, as far as one knows: what broke off counts until it was taken up. */
  busy: boolean;
  loading: boolean;
  failure: Failure | undefined;
  say: (text: string) => void;
  /** Answers all that a message asks. */
  answer: (message: Message) => void;
  reload: () => void;
}

/** `isFresh` where the page has just made the thread up, so that nobody need be asked for it. */
export function useThread(agent: string, thread: string, isFresh: boolean): Conversation {
  const [messages, setMessages] = useState<Message[]>([]);
  const [waits, setWaits] = useState<Waits>();
  const [busy, setBusy] = useState(false);
  const [loading, setLoading] = useState(!isFresh);
  const [failure, setFailure] = useState<Failure>();
  const source = useRef(new AbortController());
  const pause = useRef(AGAIN_MS);
  /** What the person said and the server may not have heard. */
  const unheard = useRef<Message | undefined>(undefined);
  const url = `/api/agents/${encodeURIComponent(agent)}/threads/${encodeURIComponent(thread)}`;

  const begin = (): AbortSignal => {
    source.current.abort();
    source.current = new AbortController();
    return source.current.signal;
  };

  /** Nobody answered, or not to the end: asks again in a while. */
  const again = (signal: AbortSignal): void => {
    setTimeout(() => !signal.aborted && void load(), pause.current);
    pause.current = Math.min(pause.current * 2, SELDOM_MS);
  };

  /** `about` is the message that a stream goes on with; without it one begins in the stream. */
  const listen = async (path: string, options: RequestInit, signal: AbortSignal, about = ''): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    let isWhole = false;
    try {
      const answer = await fetch(`${url}${path}`, {
        ...options,
        signal,
        headers: { accept: 'text/event-stream', 'content-type': 'application/json', [FORGERY_HEADER]: forgeryToken() },
      });
      unheard.current = undefined;
      if (answer.status === 401) sessionEnded();
      if (answer.status === 401 || answer.status === 204) {
        setBusy(false);
        return;
      }
      if (!answer.ok || !answer.body) throw await Failure.of(answer);
      let id = about;
      for await (const { text } of streamed(answer.body)) {
        if (signal.aborted) return;
        if (text === DONE) break;
        const chunk = JSON.parse(text) as Chunk;
        if (chunk.type === 'start') {
          id = chunk.messageId;
          setMessages((all) => begun(all, id));
        } else if (chunk.type === 'data-waiting') {
          setWaits(chunk.data.reason === 'nothing' ? undefined : chunk.data);
        } else if (chunk.type === 'error') {
          setFailure(new Failure(chunk.errorText));
        } else {
          setMessages((all) => all.map((message) => (message.id === id && message.role === 'assistant' ? taken(message, chunk) : message)));
        }
        isWhole ||= chunk.type === 'finish' || chunk.type === 'abort';
      }
    } catch (error) {
      if (signal.aborted) return;
      const found = Failure.from(error);
      setFailure(found);
      // Refused is refused; what broke off is taken up again below.
      isWhole ||= !found.offline;
    }
    if (signal.aborted) return;
    if (isWhole) setBusy(false);
    else again(signal);
  };

  const read = async (signal: AbortSignal, cache: RequestCache): Promise<{ messages: Message[]; open: unknown[] }> => {
    try {
      const { messages, open } = await data(api.GET('/api/agents/{agent}/threads/{thread}', { params: { path: { agent, thread } }, signal, cache }));
      return { messages: messages as Message[], open };
    } catch (error) {
      // A thread begins with its first message.
      if (Failure.from(error).status === 404) return { messages: [], open: [] };
      throw error;
    }
  };

  /** What the server has, and the stream of what is still open. */
  const load = async (isFirst = false): Promise<void> => {
    const signal = begin();
    try {
      const { messages: kept, open } = await read(signal, 'no-store');
      if (signal.aborted) return;
      pause.current = AGAIN_MS;
      const lost = unheard.current;
      const isLost = lost !== undefined && !kept.some(({ id }) => id === lost.id);
      setMessages(isLost ? [...kept, lost] : kept);
      setFailure(undefined);
      setLoading(false);
      if (isLost) await post(lost, signal);
      else if (open.length > 0) await listen('/stream', {}, signal);
      else setBusy(false);
    } catch (error) {
      if (signal.aborted) return;
      const found = Failure.from(error);
      setFailure(found);
      if (found.offline) {
        again(signal);
        // Until somebody answers, what was seen last.
        if (isFirst) await read(signal, 'default').then((seen) => !signal.aborted && setMessages(seen.messages), () => {});
      } else setBusy(false);
      if (!signal.aborted) setLoading(false);
    }
  };

  useEffect(() => {
    setMessages([]);
    setWaits(undefined);
    setLoading(!isFresh);
    if (!isFresh) void load(true);
    return () => source.current.abort();
  }, [url]);

  const post = ({ id, role, parts }: Message, signal: AbortSignal) =>
    listen('/messages', { method: 'POST', body: JSON.stringify({ message: { id, role, parts } }) }, signal, role === 'assistant' ? id : '');
  return {
    messages,
    waits,
    busy,
    loading,
    failure,
    say: (text) => {
      const message: Message = { id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text }] };
      setMessages((all) => [...all, message]);
      unheard.current = message;
      void post(message, begin());
    },
    answer: (message) => {
      setWaits(undefined);
      setMessages((all) => all.map((one) => (one.id === message.id ? message : one)));
      void post({ ...message, parts: message.parts.filter((part: Part) => isTool(part) && part.state === 'approval-responded') }, begin());
    },
    reload: () => void load(),
  };
}

/** A message that begins is told from its beginning, whatever of it was there. */
function begun(all: Message[], id: string): Message[] {
  const fresh: Message = { id, role: 'assistant', parts: [] };
  return all.some((one) => one.id === id && one.role === 'assistant') ? all.map((one) => (one.id === id ? fresh : one)) : [...all, fresh];
}
