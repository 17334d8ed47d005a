// A run that is shown: what it is, what happened to it, and whether we are watching.

import { useEffect, useRef, useState } from 'preact/hooks';

import type { Run, RunEvent } from '../api/client';
import { followRun } from '../api/events';
import type { Failure } from '../api/failure';
import { readRun } from '../state/queries';
import { renew, type Resource, useResource } from '../state/resource';
import { after, NOTHING, type Picture } from './picture';

/** Events come in bursts; the page is drawn once for each. */
const DRAW_EVERY_MS = 80;
/** After these the run itself is to be read again. */
const TELLING: RunEvent['type'][] = ['suspended', 'resumed', 'connection_made', 'cancel_requested', 'failing', 'completed', 'failed', 'cancelled', 'step_completed'];

export interface Followed {
  run: Resource<Run>;
  picture: Picture;
  live: boolean;
  failure: Failure | undefined;
}

export function useFollowed(workflow: string, runId: string): Followed {
  const run = useResource(`run:${runId}`, () => readRun(workflow, runId));
  const [picture, setPicture] = useState<Picture>(NOTHING);
  const [live, setLive] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const queue = useRef<RunEvent[]>([]);
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      const events = queue.current.splice(0);
      setPicture((now) => after(now, events));
      if (events.some(({ type }) => TELLING.includes(type))) void renew(`run:${runId}`, 'runs:', 'approvals');
    };
    void followRun(workflow, runId, {
      signal: over.signal,
      onLive: setLive,
      onFailure: setFailure,
      onEvent: (event) => {
        setFailure(undefined);
        queue.current.push(event);
        timer ??= setTimeout(draw, DRAW_EVERY_MS);
      },
    });
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [workflow, runId]);
  return { run, picture, live, failure };
}
