// Scale: the morning's tick for many enrolled users. All runs started, none twice, and how long
// until the last one began.
//
// The users' apps are not connected: a run still starts, is journaled and indexed, asks Scalekit
// once and ends. What is measured is the schedule, not the agent. After the first tick the cron
// rings once more for the same day, as the platform may; nobody may get a second run.
//
// Here all objects live in one process, and each keeps its database open until it has been idle
// for ten seconds. Enrolling and looking therefore wait while half of the files the system allows
// are open; the tick itself is let run as it likes. Where the files do run out, starts fail and
// their batches are begun again, which the figures then show: nobody may lose a run by it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { rounded } from './lib/numbers.mjs';
import { cpuMs, openFiles } from './lib/process_cost.mjs';
import { WORKFLOW, ask, pause } from './lib/stage.mjs';
import { Failure } from '../scripts/lib/say.mjs';

export const name = 'scale';
export const title = 'The 08:00 tick';

const FULL = { users: [500, 2000, 10_000] };
const QUICK = { users: [200] };
/** Requests under way at once while users are enrolled and looked at. */
const AT_ONCE = 16;
/** Users who are enrolled or looked at between two looks at the number of open files. */
const GROUP = 200;
const LOOK_AGAIN = 500;
/** Time for the second ring to get under way. */
const SECOND_TICK = 5000;
const SHARDS = 32;
/** Runs started by one alarm (crates/runs/src/schedule), and calls for each. */
const BATCH = 200;
const CALLS_PER_START = 1;
const LONGEST = 600_000;
const EIGHT = 8 * 3_600_000;
const SPREAD = 3_600_000;
const DAY = 86_400_000;

async function forEach(count, one) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await one(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** The runs of one user, as the API lists them. */
const runsOf = async (worker, bearer) => (await ask(`${worker.url}${WORKFLOW}/runs?limit=10`, bearer)).runs;

/** Waits until the process has no more than this share of its files open. */
async function roomy({ child }, share) {
  for (;;) {
    const files = openFiles(child.pid);
    if (!files || files.open < files.most * share) return;
    await pause(LOOK_AGAIN);
  }
}

/** Applies `one` to each number, group by group, each once there is room. */
async function inGroups(worker, count, one, progress) {
  for (let first = 0; first < count; first += GROUP) {
    await roomy(worker, 1 / 2);
    await forEach(Math.min(GROUP, count - first), (index) => one(first + index));
    progress(Math.min(first + GROUP, count));
  }
}

/** Batches of the schedule that failed in part and were begun again, by the Worker's own log. */
async function repeatedBatches({ folder }) {
  return (await readFile(join(folder, 'workerd.log'), 'utf8')).split('"errand_late"').length - 1;
}

const ring = (worker, at) => fetch(`${worker.url}/bench/tick?at=${at}`);

async function tick(stage, users, progress) {
  const worker = await stage.startOnbehalf(`scale-${users}`);
  const prefix = `csm${users}x`;
  await stage.control('seed', { prefix, count: users, customers: 0, connectors: [] });
  const bearers = new Array(users);
  const enrolling = performance.now();
  const enrol = async (user) => {
    bearers[user] = await stage.token(`${prefix}${user}`);
    await ask(`${worker.url}/api/workflows/onboarding-health/schedule`, bearers[user], 'PUT');
  };
  await inGroups(worker, users, enrol, (done) => progress(`${done} of ${users} users enrolled`));
  const enrolledInMs = performance.now() - enrolling;

  // Tomorrow's, because what was before an enrolment is not made up for; and late enough that the
  // starts, which are spread, are all due.
  const day = (Math.floor(Date.now() / DAY) + 1) * DAY + EIGHT + SPREAD;
  const accounts = async () => (await stage.counts()).accounts;
  const before = { cpu: cpuMs(worker.child.pid), accounts: await accounts() };
  const began = Date.now();
  await ring(worker, day);
  // Each run asks for the list of accounts once; when that many were asked, all have begun.
  const until = began + LONGEST;
  let mostOpenFiles = 0;
  for (;;) {
    mostOpenFiles = Math.max(mostOpenFiles, openFiles(worker.child.pid)?.open ?? 0);
    const begun = (await accounts()) - before.accounts;
    if (begun >= users) break;
    progress(`${begun} of ${users} runs under way`);
    if (Date.now() > until) throw new Failure(`Only ${begun} of ${users} runs began in ten minutes.`);
    await pause(250);
  }
  const allUnderWayMs = Date.now() - began;
  const spent = cpuMs(worker.child.pid) - before.cpu;

  await roomy(worker, 1 / 4);
  await ring(worker, day);
  await pause(SECOND_TICK);
  // Its last objects have become idle.
  await roomy(worker, 1 / 4);
  let none = 0;
  let several = 0;
  let lastStart = 0;
  const look = async (user) => {
    const runs = await runsOf(worker, bearers[user]);
    if (runs.length === 0) none += 1;
    if (runs.length > 1) several += 1;
    for (const { startedAt } of runs) lastStart = Math.max(lastStart, Date.parse(startedAt));
  };
  await inGroups(worker, users, look, (done) => progress(`${done} of ${users} users looked at`));
  await worker.stop();
  return {
    users,
    shards: SHARDS,
    enrolledInMs: Math.round(enrolledInMs),
    lastStartMs: lastStart - began,
    allUnderWayMs,
    startsPerSecond: Math.round(users / ((lastStart - began) / 1000)),
    cpuMsPerRun: rounded(spent / users),
    withoutRun: none,
    withSeveralRuns: several,
    mostOpenFiles,
    repeatedBatches: await repeatedBatches(worker),
    subrequestsPerAlarm: Math.min(BATCH, Math.ceil(users / SHARDS)) * CALLS_PER_START,
  };
}

export async function measure(stage, { quick, progress }) {
  const ticks = [];
  for (const users of (quick ? QUICK : FULL).users) ticks.push(await tick(stage, users, progress));
  return { ticks };
}

export function rows({ ticks }) {
  return {
    header: ['Users', 'Last run started after', 'Starts a second', 'CPU for each run', 'Batches begun again', 'Most open files', 'Without a run', 'With two'],
    rows: ticks.map((at) => [
      at.users,
      `${rounded(at.lastStartMs / 1000)} s`,
      at.startsPerSecond,
      `${at.cpuMsPerRun} ms`,
      at.repeatedBatches,
      at.mostOpenFiles,
      at.withoutRun,
      at.withSeveralRuns,
    ]),
  };
}

export function verdicts({ ticks }) {
  return ticks.map((at) => ({
    target: `each of ${at.users} users gets exactly one run, however often the cron rings`,
    found: `${at.withoutRun} without, ${at.withSeveralRuns} with more than one`,
    met: at.withoutRun === 0 && at.withSeveralRuns === 0,
  }));
}
