// What must be true in the end. Judges by the outside world: what stands in HubSpot and Linear, who
// sees it there, and what the runs say of it. It reads no journal and no mark of the engine's.

import { isRefused } from './people.mjs';

const ENDED = ['completed', 'failed', 'cancelled'];
/** `reflagDrop`: a customer whose score fell by so much is worse. */
const WORSE_BY = 10;
/** How an action may end in a world whose faults all pass. */
const FINE = ['done', 'already_flagged', 'flagged_by_another_run', 'rejected'];
const LINKS = ['hubspot_association_create', 'hubspot_task_update'];

export const isEnded = (run) => ENDED.includes(run.status);

/** Everything that is wrong, as lines. `runs` are all runs of all people, each with `person`. */
export function judge({ runs, everybody, ledger }) {
  const wrong = [];
  const flags = read(ledger, everybody, wrong);
  flaggedTwice(flags, wrong);
  writtenUnasked(flags, everybody, wrong);
  leftAlone(flags, ledger, wrong);
  claimed(runs, flags, wrong);
  missing(runs, flags, wrong);
  return { wrong, flags: flags.length };
}

/** Tasks and comments as a person reads them: which customer, how bad. */
function read(ledger, everybody, wrong) {
  const portals = new Map(everybody.map((person) => [person.identifier, person.portal]));
  const flags = [];
  for (const entry of ledger.filter(({ tool }) => !LINKS.includes(tool))) {
    const kind = entry.tool === 'hubspot_task_create' ? 'task' : 'comment';
    const text = kind === 'task' ? entry.params.hs_task_body : entry.params.variables?.input?.body;
    const said = text?.match(/^(?:Onboarding of )?(.+?) (?:is|was flagged) (At Risk|Critical)\b.*?health score (\d+) of 100/);
    if (!said) {
      wrong.push(`a ${kind} that says nothing: ${JSON.stringify(entry.params).slice(0, 200)}`);
      continue;
    }
    const [, customer, status, score] = said;
    const portal = portals.get(entry.identifier);
    flags.push({ kind, id: entry.id, portal, customer, status, score: Number(score), at: entry.at });
  }
  return flags;
}

const grouped = (all, key) => {
  const groups = new Map();
  for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return groups;
};

/** A customer is flagged again only where it got worse, whoever's run it was. */
function flaggedTwice(flags, wrong) {
  for (const [key, same] of grouped(flags, (flag) => `${flag.portal} ${flag.kind} ${flag.customer}`)) {
    const sorted = same.toSorted((a, b) => b.score - a.score);
    for (const [at, flag] of sorted.entries()) {
      const milder = sorted[at - 1];
      if (milder && flag.status === milder.status && milder.score - flag.score < WORSE_BY) {
        const list = same.map((it) => `${it.id} (${it.status} ${it.score}, ${it.at})`).join(', ');
        wrong.push(`flagged ${same.length} times: ${key}: ${list}`);
        break;
      }
    }
  }
}

/** Where people are asked, what they refuse is not written. */
function writtenUnasked(flags, everybody, wrong) {
  const asking = new Set(everybody.filter((it) => it.asksFirst).map((it) => it.portal));
  for (const flag of flags.filter((it) => asking.has(it.portal) && isRefused(it.customer))) {
    wrong.push(`written though it was refused: ${flag.kind} ${flag.id} for ${flag.customer} in ${flag.portal}`);
  }
}

/** Every task hangs on a contact. */
function leftAlone(flags, ledger, wrong) {
  const links = JSON.stringify(ledger.filter((entry) => entry.tool === 'hubspot_association_create').map((it) => it.params));
  for (const task of flags.filter((flag) => flag.kind === 'task' && !links.includes(`"${flag.id}"`))) {
    wrong.push(`a task that hangs on nothing: ${task.id} for ${task.customer} in ${task.portal}`);
  }
}

/** Every run ends well; what it says it wrote is there, what is there some run says it wrote, and
 *  nothing is said to be unknown that could be looked up. */
function claimed(runs, flags, wrong) {
  const there = new Set(flags.map((flag) => flag.id));
  const said = new Set();
  for (const run of runs) {
    if (run.status !== 'completed') wrong.push(`${run.runId} is ${run.status}: ${JSON.stringify(run.failure ?? run.suspension)}`);
    for (const action of run.result?.actions ?? []) {
      const id = action.taskId ?? action.commentId;
      if (id) said.add(id);
      if (action.status === 'done' && !there.has(id)) wrong.push(`${run.runId} says it wrote ${id}, which is not there`);
      if (!FINE.includes(action.status)) {
        wrong.push(`${run.runId}: ${action.kind} for ${action.customer} is ${action.status}: ${JSON.stringify(action)}`);
      }
    }
  }
  for (const flag of flags.filter((it) => !said.has(it.id))) {
    wrong.push(`nobody says they wrote ${flag.kind} ${flag.id} for ${flag.customer} in ${flag.portal} (${flag.at})`);
  }
}

/** Whoever was found at risk has a task, unless that was refused. */
function missing(runs, flags, wrong) {
  const tasks = new Set(flags.filter((it) => it.kind === 'task').map((it) => `${it.portal} ${it.customer}`));
  const found = new Map();
  for (const run of runs.filter((it) => it.status === 'completed')) {
    for (const { name, status } of run.result.customers ?? []) {
      const refused = run.person.asksFirst && isRefused(name);
      if (status !== 'healthy' && !refused) found.set(`${run.person.portal} ${name}`, run.runId);
    }
  }
  for (const [customer, run] of found) {
    if (!tasks.has(customer)) wrong.push(`${run} found ${customer} at risk, and nobody has a task`);
  }
}
