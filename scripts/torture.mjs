// `npm run torture`: the Worker is killed at random moments while providers misbehave, restarted on
// the same state each time, and in the end the ledger is compared with what the runs claim.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RELEASE } from './lib/build.mjs';
import { call } from './lib/demo.mjs';
import { count, flags } from './lib/flags.mjs';
import { prepare } from './lib/prepare.mjs';
import { end, endAll, freePort } from './lib/processes.mjs';
import { Failure, bold, dim, green, main, say } from './lib/say.mjs';
import { startSandbox, startWorker, token } from './lib/stack.mjs';

const WORKFLOW = '/api/workflows/onboarding-health';
/** Customers of each user: enough for a dozen writes, few enough for many runs. */
const CUSTOMERS = 15;
/** Kills come this long after the Worker is up, in milliseconds. */
const SHORTEST_LIFE = 150;
const LONGEST_LIFE = 2500;
/** Everything that goes wrong at once. Writes lose their answer after they landed; every call may
 *  meet an outage, a limit or a broken connection. */
const FAULTS = [
  { match: { endpoint: 'execute_tool' }, latency_ms: 40 },
  { match: { endpoint: 'execute_tool' }, status: 503, rate: 0.15 },
  { match: { endpoint: 'execute_tool' }, status: 429, rate: 0.15, retry_after: 1 },
  { match: { endpoint: 'execute_tool' }, break_before: true, rate: 0.05 },
  { match: { endpoint: 'execute_tool' }, lose_writes: true, rate: 0.2 },
];

/** A small deterministic generator, so that a seed gives the same moments again. */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

async function control(sandbox, path, body) {
  const answer = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Failure(`The sandbox refused ${path}: ${await answer.text()}`);
  return answer.json();
}

await main(async () => {
  const { values } = flags('npm run torture', {
    about: 'Kills the Worker at random moments while providers misbehave, then compares what runs claim with what landed.',
    options: {
      kills: { value: 'N', help: 'how often it is killed', default: '200' },
      users: { value: 'N', help: 'whose runs go on meanwhile', default: '10' },
      seed: { value: 'S', help: 'the moments of an earlier time again' },
    },
  });
  const kills = count(values.kills, '--kills');
  const users = count(values.users, '--users');
  const seed = count(values.seed ?? Math.floor(Math.random() * 1e9), '--seed', 0);
  await prepare({ worker: RELEASE, sandbox: true });
  const state = await mkdtemp(join(tmpdir(), 'onbehalf-torture-'));
  try {
    say(`Torture with seed ${bold(seed)}: ${kills} kills, ${users} users of ${CUSTOMERS} customers.`);
    await torture({ kills, users, random: dice(seed), state });
  } finally {
    await endAll();
    await rm(state, { recursive: true, force: true });
  }
});

async function torture({ kills, users, random, state }) {
  const sandbox = await startSandbox(await freePort());
  await control(sandbox, 'seed', { prefix: 'victim', count: users, customers: CUSTOMERS });
  const port = await freePort();
  const extra = { ONBOARDING: JSON.stringify({ reconcileAfterSeconds: 1, reflag: 'daily' }) };
  const log = join(state, 'worker.log');
  const start = () => startWorker(sandbox, { port, state, log, extra });
  const bearers = [];
  for (let n = 0; n < users; n += 1) bearers.push(await token(sandbox.url, `victim${n}`));
  const started = new Map();

  await control(sandbox, 'faults', { rules: FAULTS });
  for (let kill = 1; kill <= kills; kill += 1) {
    const worker = await start();
    const life = SHORTEST_LIFE + random() * (LONGEST_LIFE - SHORTEST_LIFE);
    const until = Date.now() + life;
    const user = Math.floor(random() * users);
    // One more run every second kill; a repeat of its key must name the same run.
    if (kill % 2 === 1) await trigger(worker.url, bearers[user], `key-${kill}`, user, started);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now())));
    await end(worker.child, 'SIGKILL');
    if (kill % 10 === 0) {
      const { length } = await control(sandbox, 'ledger');
      say(dim(`  ${kill} of ${kills} kills, ${started.size} runs started, ${length} writes landed`));
    }
  }

  say(dim('  The faults end; every run must too …'));
  await control(sandbox, 'faults', { rules: [] });
  const worker = await start();
  const runs = await settled(worker.url, bearers, started);
  await compare(runs, await control(sandbox, 'ledger'));
}

async function trigger(url, bearer, key, user, started) {
  try {
    const options = { method: 'POST', headers: { 'idempotency-key': key } };
    const { runId } = await call(`${url}${WORKFLOW}/trigger?overlap=allow`, bearer, options);
    started.set(runId, user);
  } catch (error) {
    // The Worker may be struck in the middle; the run may have begun all the same, and is found in
    // the owner's list.
    say(dim(`  a trigger went unanswered: ${error.message}`));
  }
}

/** All runs of all users, once every one of them has ended. */
async function settled(url, bearers, started) {
  const until = Date.now() + 600_000;
  for (;;) {
    const runs = [];
    for (const bearer of bearers) {
      let cursor = '';
      do {
        const page = await call(`${url}${WORKFLOW}/runs?limit=100${cursor}`, bearer);
        for (const { runId } of page.runs) {
          runs.push(await call(`${url}${WORKFLOW}/runs/${runId}`, bearer));
        }
        cursor = page.nextCursor ? `&cursor=${encodeURIComponent(page.nextCursor)}` : '';
      } while (cursor);
    }
    const open = runs.filter((run) => !['completed', 'failed', 'cancelled'].includes(run.status));
    const listed = new Set(runs.map((run) => run.runId));
    const lost = [...started.keys()].filter((id) => !listed.has(id));
    if (lost.length > 0) throw new Failure(`Runs were lost: ${lost.join(', ')}`);
    if (open.length === 0) return runs;
    if (Date.now() > until) {
      throw new Failure(`${open.length} runs did not end: ${open.map((run) => `${run.runId} ${run.status}`).join(', ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Every write at most once, every claim true, every write claimed. */
async function compare(runs, ledger) {
  const marks = new Map();
  const written = new Set();
  // What a task is given after it was made carries no mark, and may be given twice without harm.
  const made = ledger.filter((entry) => !['hubspot_association_create', 'hubspot_task_update'].includes(entry.tool));
  for (const entry of made) {
    written.add(entry.id);
    // The reference a task carries names its effect; a comment's id is its effect's.
    const body = entry.params.hs_task_body ?? '';
    const mark = body.match(/\be[0-9a-f]{16}\b/)?.[0] ?? entry.id;
    marks.set(mark, (marks.get(mark) ?? 0) + 1);
  }
  const doubled = [...marks].filter(([, count]) => count > 1);
  const problems = doubled.map(([mark, count]) => `written ${count} times: ${mark}`);
  const claimed = new Set();
  let unknown = 0;
  for (const run of runs) {
    if (run.status !== 'completed') problems.push(`${run.runId} is ${run.status}: ${JSON.stringify(run.failure)}`);
    for (const action of run.result?.actions ?? []) {
      const id = action.taskId ?? action.commentId;
      if (action.status === 'unknown_outcome') unknown += 1;
      if (action.status === 'done' && !written.has(id)) problems.push(`${run.runId} claims ${id}, which is not there`);
      if (id) claimed.add(id);
    }
  }
  const unclaimed = [...written].filter((id) => !claimed.has(id));
  if (unclaimed.length > unknown) {
    problems.push(`${unclaimed.length} writes nobody claims, and only ${unknown} unknown outcomes`);
  }
  say(`\n${bold(runs.length)} runs, ${bold(ledger.length)} writes, ${unknown} unknown outcomes, ${problems.length} violations`);
  if (problems.length > 0) throw new Failure(problems.join('\n  '));
  say(green('Every run ended, every write happened once, every claim is true.'));
}
