// The scores of earlier runs. A run that has ended never changes, so each is read once, one after the
// other and behind what is on the page; of each only the scores are kept.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { hasEnded, readRun } from '../state/queries';
import type { RunSummary } from '../api/client';
import type { Point } from '../plots/spark';
import { type Counts, type CustomerHealth, resultOf, type Summary } from './result';

export interface Snapshot {
  runId: string;
  at: string;
  counts: Counts;
  scores: Map<string, Point & { name: string }>;
}

/** A fortnight of daily runs. */
export const SNAPSHOTS = 14;

const snapshots = signal<ReadonlyMap<string, Snapshot | undefined>>(new Map());

export function snapshotOf(runId: string, at: string, { counts, customers }: Summary): Snapshot {
  return { runId, at, counts, scores: new Map(customers.map(({ key, name, score, status }) => [key, { name, score, status }])) };
}

/** The snapshots of the latest runs that there are so far, the oldest first. */
export function useHistory(workflow: string, runs: RunSummary[] | undefined): { history: Snapshot[]; complete: boolean } {
  const wanted = (runs ?? []).filter((run) => hasEnded(run) && run.status === 'completed').slice(0, SNAPSHOTS);
  const missing = wanted.filter(({ runId }) => !snapshots.value.has(runId)).map(({ runId }) => runId);
  const key = missing.join();
  useEffect(() => {
    let over = false;
    void (async () => {
      for (const runId of key === '' ? [] : key.split(',')) {
        if (over) return;
        const run = await readRun(workflow, runId).catch(() => undefined);
        const result = resultOf(run);
        const snapshot = run && result?.status === 'completed' ? snapshotOf(runId, run.startedAt, result) : undefined;
        snapshots.value = new Map(snapshots.peek()).set(runId, snapshot);
      }
    })();
    return () => { over = true; };
  }, [workflow, key]);
  const history = wanted.map(({ runId }) => snapshots.value.get(runId)).filter((one) => one !== undefined).reverse();
  return { history, complete: missing.length === 0 };
}

export type Change = 'worse' | 'better' | 'new' | 'same';

export interface Customer extends CustomerHealth {
  /** Scores over the runs, the oldest first. */
  points: (Point | undefined)[];
  /** Against the run before; undefined where the customer was not there, or no run was. */
  delta: number | undefined;
  change: Change;
}

const RANK = { critical: 0, at_risk: 1, healthy: 2 };

/** The customers of the latest run beside what they were before. */
export function compared({ customers }: Summary, history: Snapshot[]): Customer[] {
  const before = history.at(-2);
  return customers.map((customer) => {
    const earlier = before?.scores.get(customer.key);
    const step = earlier ? RANK[customer.status] - RANK[earlier.status] : 0;
    return {
      ...customer,
      points: history.map(({ scores }) => scores.get(customer.key)),
      delta: earlier ? customer.score - earlier.score : undefined,
      change: before && !earlier ? 'new' : step < 0 ? 'worse' : step > 0 ? 'better' : 'same',
    };
  });
}

/** Names of customers that the run before had and the latest has not. */
export function gone({ customers }: Summary, history: Snapshot[]): string[] {
  const now = new Set(customers.map(({ key }) => key));
  return [...(history.at(-2)?.scores ?? [])].filter(([key]) => !now.has(key)).map(([, { name }]) => name);
}
