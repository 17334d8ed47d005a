// What a run is about to write, as its plan says it. Each workflow has a plan of its own shape; one that
// is not known here is shown as it is, and decided as a whole.

import type { Health } from '../components/badge';
import type { Finding } from '../onboarding/findings';

/** A write of Onboarding health. */
export interface Flag {
  item: string;
  kind: 'create_task' | 'add_comment';
  customer: string;
  name: string;
  score: number;
  status: Health;
  reasons: string[];
  /** Told once for all writes about a customer. */
  findings?: Finding[] | undefined;
  dueInHours?: number;
  issue?: { identifier: string; url?: string };
  links?: Record<string, string>;
}

/** A call of a tool. */
export interface Call {
  tool: string;
  connector: string;
  arguments: Record<string, unknown>;
}

export type Plan =
  | { shape: 'flags'; flags: Flag[] }
  | { shape: 'calls'; calls: Call[] }
  | { shape: 'unknown'; value: unknown };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export function readPlan(value: unknown): Plan {
  if (isObject(value) && Array.isArray(value['actions']) && value['actions'].every(isFlag)) {
    const findings = (value['findings'] ?? {}) as Record<string, Finding[]>;
    return { shape: 'flags', flags: value['actions'].map((flag) => ({ ...flag, findings: findings[flag.customer] })) };
  }
  if (Array.isArray(value) && value.every(isCall)) return { shape: 'calls', calls: value };
  if (isCall(value)) return { shape: 'calls', calls: [value] };
  return { shape: 'unknown', value };
}

function isFlag(value: unknown): value is Flag {
  return isObject(value) && typeof value['item'] === 'string' && typeof value['name'] === 'string' && Array.isArray(value['reasons']);
}

function isCall(value: unknown): value is Call {
  return isObject(value) && typeof value['tool'] === 'string' && isObject(value['arguments']);
}
