// What goes wrong in one life of the Worker. Owns what the world can do to a call; knows nothing of
// what the Worker makes of it.

import { between, pick } from './dice.mjs';

/** How long after its answer a write may still land, in milliseconds: what a gateway that gave up
 *  leaves behind. The longest a request is known to run on at Scalekit is a minute. */
const LATEST_LANDING_MS = 60_000;
const WRITES = ['hubspot_task_create', 'hubspot_association_create', 'hubspot_task_update', 'linear_graphql_query'];
const execute = { endpoint: 'execute_tool' };
const models = { endpoint: 'models' };

/** Everything that may go wrong, each with a name under which it is counted. */
const KINDS = {
  outage: () => ({ match: execute, status: 503, rate: 0.15 }),
  'provider limit': (random) => ({ match: execute, status: 429, rate: 0.15, retry_after: between(random, 1, 3) }),
  'provider limit without a time': () => ({ match: execute, status: 429, rate: 0.1 }),
  "Scalekit's own limit": () => ({ match: execute, status: 429, service: true, rate: 0.05 }),
  'reset before': () => ({ match: execute, break_before: true, rate: 0.05 }),
  'answer lost': () => ({ match: execute, lose_writes: true, rate: 0.2 }),
  'not JSON': () => ({ match: execute, garbage: 'html', rate: 0.05 }),
  'lands after a gateway error': (random) => ({
    match: { tool: pick(random, WRITES) },
    status: pick(random, [502, 504]),
    land_after_ms: between(random, 0, LATEST_LANDING_MS),
    rate: 0.3,
  }),
  'lands after a reset': (random) => ({
    match: { tool: pick(random, WRITES) },
    break_before: true,
    land_after_ms: between(random, 0, LATEST_LANDING_MS),
    rate: 0.3,
  }),
  'gateway error, never lands': (random) => ({
    match: { tool: pick(random, WRITES) },
    status: 504,
    never_lands: true,
    rate: 0.3,
  }),
  'accounts unreachable': () => ({ match: { endpoint: 'list_accounts' }, status: 503, rate: 0.2 }),
  slow: (random) => ({ match: execute, latency_ms: between(random, 100, 1500), rate: 0.2 }),
  'model unavailable': () => ({ match: models, status: 503, rate: 0.2 }),
  'model asks for patience': (random) => ({ match: models, status: 429, rate: 0.15, retry_after: between(random, 1, 3) }),
  'model unreachable': () => ({ match: models, break_before: true, rate: 0.1 }),
  'answer of the model breaks off': () => ({ match: models, lose_answer: true, rate: 0.2 }),
  'slow model': (random) => ({ match: models, latency_ms: between(random, 300, 2000), rate: 0.5 }),
};

/** The rules of one life, and the names of what they do. */
export function drawFaults(random) {
  const kinds = Object.keys(KINDS).filter(() => random() < 0.35);
  const always = [execute, models].map((match) => ({ match, latency_ms: 40 }));
  return { kinds, rules: [...always, ...kinds.map((kind) => KINDS[kind](random))] };
}
