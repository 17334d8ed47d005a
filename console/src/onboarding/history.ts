// How the customers have fared over the latest runs, and what that says of them today.

import { api, data, type Schemas } from '../api/client';
import type { Health } from '../components/badge';
import type { Point } from '../plots/spark';
import { type Resource, useResource } from '../state/resource';
import { type CustomerHealth, ONBOARDING, type Summary } from './result';

export type History = Schemas['HistoryResponse'];

/** Read anew once another run is the latest. */
export const useHistory = (latest: string): Resource<History> =>
  useResource(`history:${latest}`, () => data(api.GET('/api/workflows/{workflow}/history', { params: { path: { workflow: ONBOARDING } } })));

/** One run, as far as its scores tell. */
export interface Snapshot {
  runId: string;
  at: string;
  scores: Map<string, Point & { name: string }>;
  counts: Record<Health, number>;
}

/** Scores from which a customer is no longer critical, no longer at risk. */
interface Bands {
  critical: number;
  atRisk: number;
}

/** What a deployment begins with, where its customers do not tell. */
const USUAL: Bands = { critical: 40, atRisk: 70 };
const BEST = 100;

/** Where the bands lie, as the latest run has drawn them: history has the scores alone. */
export function bandsOf(customers: CustomerHealth[]): Bands {
  const scores = (status: Health) => customers.filter((one) => one.status === status).map(({ score }) => score);
  const between = (usual: number, below: number[], above: number[]) =>
    Math.min(Math.max(usual, ...below.map((score) => score + 1)), ...above, BEST + 1);
  const [critical, atRisk, healthy] = [scores('critical'), scores('at_risk'), scores('healthy')];
  return { critical: between(USUAL.critical, critical, [...atRisk, ...healthy]), atRisk: between(USUAL.atRisk, [...critical, ...atRisk], healthy) };
}

const statusOf = (score: number, bands: Bands): Health => (score < bands.critical ? 'critical' : score < bands.atRisk ? 'at_risk' : 'healthy');

/** The runs of a history up to this one, the oldest first. */
export function snapshotsOf(history: History | undefined, upTo: string, bands: Bands): Snapshot[] {
  const last = history?.runs.findIndex(({ runId }) => runId === upTo) ?? -1;
  return (history?.runs.slice(0, last + 1) ?? []).map(({ runId, startedAt }, at) => {
    const scores: Snapshot['scores'] = new Map();
    const counts: Snapshot['counts'] = { critical: 0, at_risk: 0, healthy: 0 };
    for (const { key, name, values } of history?.series ?? []) {
      const score = values[at];
      if (score === null || score === undefined) continue;
      const status = statusOf(score, bands);
      scores.set(key, { name, score, status });
      counts[status] += 1;
    }
    return { runId, at: startedAt, scores, counts };
  });
}

export type Change = 'worse' | 'better' | 'new' | 'same';

export interface Customer extends CustomerHealth {
  /** Scores over the runs, the oldest first. */
  points: (Point | undefined)[];
  /** Against the run before; undefined where the customer was not there, or no run was. */
  delta: number | undefined;
  change: Change;
}

const RANK: Record<Health, number> = { critical: 0, at_risk: 1, healthy: 2 };

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
