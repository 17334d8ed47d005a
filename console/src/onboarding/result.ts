// What a run of Onboarding health ends with. The API says of a result only that it is one; what is in it
// is the workflow's own, so it is looked at before it is believed.

import type { Run, RunSummary } from '../api/client';
import type { Health } from '../components/badge';
import type { CallFailure } from '../state/said';
import type { Finding } from './findings';

export interface CustomerHealth {
  key: string;
  name: string;
  score: number;
  status: Health;
  reasons: string[];
  findings?: Finding[];
  daysInStage: number;
}

export interface Action {
  kind: 'create_task' | 'add_comment';
  customer: string;
  status: 'done' | 'already_flagged' | 'flagged_by_another_run' | 'refused' | 'expired' | 'rejected' | 'unknown_outcome';
  taskId?: string;
  commentId?: string;
  issue?: string;
  /** Where the task and the issue are, as far as the app has said. */
  taskUrl?: string;
  issueUrl?: string;
  failure?: CallFailure;
}

export interface Counts {
  customers: number;
  healthy: number;
  atRisk: number;
  critical: number;
  tasksCreated: number;
  commentsAdded: number;
  alreadyFlagged: number;
  failed: number;
  unknownOutcome: number;
}

export interface Summary {
  status: 'completed';
  missing?: string[];
  counts: Counts;
  customers: CustomerHealth[];
  actions: Action[];
  connectorErrors: ({ connector: string } & CallFailure)[];
}

export type OnboardingResult =
  | Summary
  | { status: 'connectors_required'; missing: string[]; connect: Record<string, string> }
  | { status: 'owner_not_found'; reason: string };

export const ONBOARDING = 'onboarding-health';

/** How many customers a run of it has found, and how they fare, as its list says; not of one from before lists
 *  said it. */
export function countsOf({ counts }: Pick<RunSummary, 'counts'>): Pick<Counts, 'customers' | 'healthy' | 'atRisk' | 'critical'> | undefined {
  const { customers, healthy, atRisk, critical } = counts ?? {};
  if (customers === undefined || healthy === undefined || atRisk === undefined || critical === undefined) return undefined;
  return { customers, healthy, atRisk, critical };
}

/** The result of a run, if it is one of Onboarding health that has ended with one. */
export function resultOf(run: Pick<Run, 'workflow' | 'result'> | undefined): OnboardingResult | undefined {
  if (run?.workflow !== ONBOARDING) return undefined;
  const result = run.result as OnboardingResult | null | undefined;
  switch (result?.status) {
    case 'completed':
      return Array.isArray(result.customers) && Array.isArray(result.actions) ? result : undefined;
    case 'connectors_required':
      return Array.isArray(result.missing) ? result : undefined;
    case 'owner_not_found':
      return result;
    default:
      return undefined;
  }
}
