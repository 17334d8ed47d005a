// Starts a run from anywhere, says so, and leads to it.

import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';

import { Failure } from '../api/failure';
import { say, sayFailure } from '../components/toasts';
import { t } from '../texts';
import { startRun } from './queries';
import { renew } from './resource';

export const runPath = (workflow: string, runId: string) => `/console/runs/${workflow}/${runId}`;

export function useStart(workflow: string): { start: (input?: Record<string, unknown>) => void; busy: boolean } {
  const [busy, setBusy] = useState(false);
  const { route } = useLocation();
  const start = (input?: Record<string, unknown>) => {
    setBusy(true);
    const { pathname } = location;
    startRun(workflow, input).then(
      ({ runId, status }) => {
        say(t().run.started[status]);
        void renew('runs:', 'approvals');
        // Who has gone on to another page meanwhile stays there.
        if (location.pathname === pathname) route(runPath(workflow, runId));
      },
      (error: unknown) => sayFailure(Failure.from(error)),
    ).finally(() => setBusy(false));
  };
  return { start, busy };
}
