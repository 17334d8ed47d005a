// Memory: how much a run for a thousand customers takes, and whether it grows with the number of
// runs an isolate has served.
//
// Linear memory of wasm never shrinks, so its size is its peak. All of Onbehalf's Durable Objects
// share one isolate here, as the platform may let them. Resident memory is the whole process with
// JavaScript's heap and workerd itself.
//
// An object that nobody asks stays in memory for ten seconds. A first thousand of runs therefore
// fills the isolate with more objects than it would ever hold in such a time on Cloudflare; then
// the idle ones are let go, and the second thousand shows whether what they held was given back.

import { residentBytes } from './lib/process_cost.mjs';
import { WORKFLOW, ask, pause, wholeRun } from './lib/stage.mjs';
import { Failure } from '../scripts/lib/say.mjs';

export const name = 'memory';
export const title = 'Memory';

const FULL = { customers: 1000, runs: 1000 };
const QUICK = { customers: 200, runs: 100 };
/** Customers of the users whose runs are repeated: enough to work, few enough for a thousand. */
const FEW_CUSTOMERS = 10;
const USERS = 20;
const AT_ONCE = 10;
const MARKS = 10;
/** Cloudflare gives an isolate this much. */
const ISOLATE_BYTES = 128 * 1024 * 1024;
const LONGEST = 120_000;
/** Longer than the runtime keeps an idle object. */
const EVICTION = 15_000;
/** Growth that is no growth: two of wasm's pages of 64 KB. */
const FLAT_BYTES = 128 * 1024;

async function memory(worker) {
  const answer = await fetch(`${worker.url}/bench/memory`);
  return { wasmBytes: (await answer.json()).wasmBytes, residentBytes: residentBytes(worker.child.pid) };
}

/** Starts `count` runs for several users in turn and waits until each has ended. */
async function serve(worker, bearers, count) {
  const trigger = async (turn) => {
    const bearer = bearers[turn % bearers.length];
    const { runId } = await ask(`${worker.url}${WORKFLOW}/trigger?overlap=allow`, bearer, 'POST');
    return { runId, bearer };
  };
  for (let begun = 0; begun < count; begun += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - begun);
    const runs = await Promise.all(Array.from({ length: size }, (_, turn) => trigger(begun + turn)));
    const until = Date.now() + LONGEST;
    for (const { runId, bearer } of runs) {
      while ((await ask(`${worker.url}${WORKFLOW}/runs/${runId}`, bearer)).status !== 'completed') {
        if (Date.now() > until) throw new Failure(`${runId} did not complete.`);
        await pause(20);
      }
    }
  }
}

export async function measure(stage, { quick, progress }) {
  const plan = quick ? QUICK : FULL;
  const single = await stage.startOnbehalf('memory-single');
  const fresh = await memory(single);
  const many = await stage.freshUser(plan.customers);
  await wholeRun(single, await stage.token(many));
  const peak = await memory(single);
  await single.stop();

  const worker = await stage.startOnbehalf('memory-many');
  await stage.control('seed', { prefix: 'few', count: USERS, customers: FEW_CUSTOMERS });
  const bearers = [];
  for (let user = 0; user < USERS; user += 1) bearers.push(await stage.token(`few${user}`));
  progress(`${plan.runs} runs to fill the isolate`);
  await serve(worker, bearers, plan.runs);
  await pause(EVICTION);
  const marks = [{ runs: 0, ...(await memory(worker)) }];
  for (let mark = 1; mark <= MARKS; mark += 1) {
    progress(`${marks.at(-1).runs} of ${plan.runs} runs`);
    await serve(worker, bearers, plan.runs / MARKS);
    marks.push({ runs: (plan.runs / MARKS) * mark, ...(await memory(worker)) });
  }
  await worker.stop();
  return { customers: plan.customers, isolateBytes: ISOLATE_BYTES, fresh, peak, marks };
}

const megabytes = (bytes) => (bytes === undefined ? '–' : `${(bytes / 1048576).toFixed(1)} MB`);

export function rows({ customers, fresh, peak, marks }) {
  const line = (label, { wasmBytes, residentBytes: resident }) => [label, megabytes(wasmBytes), megabytes(resident)];
  return {
    header: ['After', 'wasm memory', 'whole process'],
    rows: [
      line('start', fresh),
      line(`one run of ${customers} customers`, peak),
      line(`${marks.at(-1).runs} runs, and idle objects let go`, marks[0]),
      line(`${marks.at(-1).runs} runs more`, marks.at(-1)),
    ],
  };
}

export function verdicts({ marks, peak, customers }) {
  const [{ wasmBytes: early }, { wasmBytes: late, runs }] = [marks[0], marks.at(-1)];
  return [
    {
      target: `a run of ${customers} customers stays within an isolate’s 128 MB`,
      found: `${megabytes(peak.wasmBytes)} of wasm memory`,
      met: peak.wasmBytes < ISOLATE_BYTES,
    },
    {
      target: 'memory is flat over the runs of one isolate',
      found: `${megabytes(early)} after ${runs} runs, ${megabytes(late)} after ${2 * runs}`,
      met: late - early <= FLAT_BYTES,
    },
  ];
}
