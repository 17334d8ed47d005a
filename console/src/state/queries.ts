// What the pages read, by name: the same question is asked once for all of them.

import { api, data, type Run, type Schemas } from '../api/client';
import { useResource } from './resource';

const OFTEN_MS = 15_000;
const SELDOM_MS = 60_000;

export const useWorkflows = () =>
  useResource('workflows', async () => (await data(api.GET('/api/workflows'))).workflows);

export const useApprovals = () =>
  useResource('approvals', async () => (await data(api.GET('/api/approvals', { params: { query: { limit: 50 } } }))).approvals, { every: OFTEN_MS });

export const useConnections = () =>
  useResource('connections', async () => (await data(api.GET('/api/connections'))).connections, { every: SELDOM_MS });

/** Which account of an app is connected. The app is asked for it, so once is enough. */
export const useAccount = (connector: string) =>
  useResource(`account:${connector}`, () => data(api.GET('/api/connections/{connector}/account', { params: { path: { connector } } })), { once: true });

export const useTools = () => useResource('tools', () => data(api.GET('/api/tools')));

/** The schedule of each workflow that may have one. */
export const useSchedules = () =>
  useResource('schedules', async () => (await data(api.GET('/api/schedules'))).schedules, { every: SELDOM_MS });

/** The latest runs of a workflow. */
export const useLatest = (workflow: string, limit: number) =>
  useResource(
    `runs:${workflow}:latest:${limit}`,
    async () => (await data(api.GET('/api/workflows/{workflow}/runs', { params: { path: { workflow }, query: { limit } } }))).runs,
    { every: OFTEN_MS },
  );

/** The latest run of each workflow. */
export const useLatestOfEach = () =>
  useResource('runs:latest', async () => (await data(api.GET('/api/runs/latest'))).runs, { every: OFTEN_MS });

export const readRun = (workflow: string, runId: string): Promise<Run> =>
  data(api.GET('/api/workflows/{workflow}/runs/{runId}', { params: { path: { workflow, runId } } }));

export const useRun = (workflow: string, runId: string) => useResource(`run:${runId}`, () => readRun(workflow, runId));

/** Starts a run, or names the one that is open. */
export const startRun = (workflow: string, input?: Record<string, unknown>): Promise<Schemas['TriggerResponse']> =>
  data(api.POST('/api/workflows/{workflow}/trigger', {
    params: { path: { workflow } },
    ...(input === undefined ? {} : { body: input as never }),
  }));

/** Whether a run has ended, and so changes no more. */
export const hasEnded = ({ status }: Pick<Run, 'status'>) => status === 'completed' || status === 'failed' || status === 'cancelled';
