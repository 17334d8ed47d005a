// The least time a run can take with what it has to ask and to write.
//
// A stage begins when the one before it has ended, since it needs its answers:
//
//   preflight   the list of connected accounts                            one call
//   contacts    who the user is in HubSpot, which portal it is, and the
//               pages, where each cursor comes with the page before       one after the other
//   signals     Zendesk and Linear side by side, six connections at once; within one Linear
//               question pages follow each other
//   flags       pages of the open tasks                                   one after the other
//   writes      tasks and comments, six connections at once; a task has to be there before it
//               is linked to its contact, its company and its owner, one after the other
//
// A stage of n calls over six connections takes at least ceil(n / 6) rounds, and no fewer than its
// longest chain. A round takes what one call takes. Cloudflare allows an invocation six connections
// that wait for response headers.
//
// The path knows only injected latency: connections, the machine, JSON and journal cost nothing in
// it. What they cost at least on this machine shows in the floor: a Worker without any workflow that
// makes as many calls in the same stages (bench/peers/bare).

import { Failure } from '../../scripts/lib/say.mjs';

export const CONNECTIONS = 6;
/** Customers in one Linear question: crates/agents/src/onboarding/tasks.rs. */
const CUSTOMERS_PER_QUESTION = 50;

const sequential = (name, calls) => ({ name, calls, atOnce: 1, rounds: calls });

/** A stage whose calls go side by side, but in no fewer than `chain` rounds. */
function parallel(name, calls, chain = 0) {
  const rounds = Math.max(Math.ceil(calls / CONNECTIONS), chain);
  return { name, calls, atOnce: Math.ceil(calls / Math.max(1, rounds)), rounds };
}

/** Calls by stage, from what the sandbox counted and what the run reports. */
export function stages(counted, { customers, tasksCreated, commentsAdded }) {
  const tool = (name) => counted.tools[name] ?? 0;
  // Comments go through GraphQL like the reads of issues.
  const issuePages = tool('linear_graphql_query') - commentsAdded;
  const questions = Math.ceil(customers / CUSTOMERS_PER_QUESTION);
  const signals = tool('zendesk_search_tickets') + issuePages;
  const who = tool('hubspot_owners_list') + tool('hubspot_account_details_get');
  const links = tool('hubspot_association_create') + tool('hubspot_task_update');
  const linked = tasksCreated === 0 ? 0 : 1 + Math.ceil(links / tasksCreated);
  const list = [
    sequential('preflight', counted.accounts),
    sequential('contacts', who + tool('hubspot_contacts_search')),
    parallel('signals', signals, Math.ceil(issuePages / questions)),
    sequential('flags', tool('hubspot_tasks_search')),
    parallel('writes', tasksCreated + links + commentsAdded, linked),
  ];
  const explained = list.reduce((calls, stage) => calls + stage.calls, 0) + counted.tokens;
  if (explained !== total(counted)) {
    throw new Failure(`${explained} calls belong to a stage, and there were ${JSON.stringify(counted)}.`);
  }
  return list;
}

/** Milliseconds of the path at this latency. */
export function criticalPath(list, latency) {
  return list.reduce((rounds, stage) => rounds + stage.rounds, 0) * latency;
}

/** What was counted between two moments. */
export function difference(after, before) {
  const tools = Object.entries(after.tools).map(([name, count]) => [name, count - (before.tools[name] ?? 0)]);
  return {
    tools: Object.fromEntries(tools.filter(([, count]) => count > 0)),
    accounts: after.accounts - before.accounts,
    tokens: after.tokens - before.tokens,
  };
}

/** All calls of a count. */
export function total({ tools, accounts, tokens }) {
  return Object.values(tools).reduce((sum, count) => sum + count, accounts + tokens);
}
