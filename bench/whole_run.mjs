// Whole runs: how long the Onboarding Health Agent takes against what the network allows, and
// against the article's own stack on the same sandbox.
//
// Repetitions alternate between Onbehalf, the floor and the peers, so that a slow minute of the
// machine falls on all of them. Each run finds its user as on the first day. Onbehalf runs twice:
// with its journal in memory, as the peers keep theirs, and with its journal on this disk.

import { CONNECTIONS, criticalPath, difference, stages, total } from './lib/critical_path.mjs';
import { rounded, shown, spread } from './lib/numbers.mjs';
import { install, prepareMastraWorkerd, startBare, startMastraNode, version } from './lib/peers.mjs';
import { cpuMs } from './lib/process_cost.mjs';
import { wholeRun } from './lib/stage.mjs';
import { Failure } from '../scripts/lib/say.mjs';
import { start } from './lib/workerd.mjs';

export const name = 'whole-run';
export const title = 'Whole run';

const FULL = {
  customers: [50, 200, 1000],
  latencies: [0, 20, 50, 100],
  repetitions: (customers) => (customers > 200 ? 2 : 5),
  peers: { customers: [50, 200], latencies: [0, 50], repetitions: 3 },
};
const QUICK = {
  customers: [50, 200],
  latencies: [0, 50],
  repetitions: () => 2,
  peers: { customers: [50], latencies: [0, 50], repetitions: 1 },
};
export const TARGET_OF_PATH = 1.25;
export const TARGET_OF_ARTICLE = 5;

/** How the peer is run: its shape, and how many customers it has under way at once. */
const SHAPES = [
  { peer: 'mastraNode', shape: 'article', atOnce: 1 },
  { peer: 'mastraNode', shape: 'batched', atOnce: CONNECTIONS },
  { peer: 'mastraWorkerd', shape: 'article', atOnce: 1 },
  { peer: 'mastraWorkerd', shape: 'batched', atOnce: CONNECTIONS },
];

async function timedPost(url, body) {
  const began = performance.now();
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw new Failure(`${url}: ${JSON.stringify(json)}`);
  return { ms: performance.now() - began, json };
}

/** One run of Onbehalf on a fresh user. */
async function onbehalfOnce(stage, onbehalf, customers) {
  const user = await stage.freshUser(customers);
  const bearer = await stage.token(user);
  const upstream = stage.sandbox.child.pid;
  const before = { counts: await stage.counts(), cpu: cpuMs(onbehalf.child.pid), upstream: cpuMs(upstream) };
  const { view, ms } = await wholeRun(onbehalf, bearer);
  return {
    ms,
    counts: view.result.counts,
    cpu: cpuMs(onbehalf.child.pid) - before.cpu,
    upstreamCpu: cpuMs(upstream) - before.upstream,
    counted: difference(await stage.counts(), before.counts),
  };
}

/** One run of a peer on a fresh user; its own report must agree with what Onbehalf did. */
async function peerOnce(stage, peer, customers, atOnce, expected) {
  const user = await stage.freshUser(customers);
  const before = { counts: await stage.counts(), cpu: cpuMs(peer.child.pid) };
  const { ms, json } = await timedPost(`${peer.url}/trigger`, { user, atOnce });
  const counted = difference(await stage.counts(), before.counts);
  const { result } = json;
  const same = result?.tasksCreated === expected.tasksCreated && result?.commentsAdded === expected.commentsAdded;
  if (json.status !== 'success' || !same) {
    const wanted = `${expected.tasksCreated} tasks and ${expected.commentsAdded} comments`;
    throw new Failure(`The peer did other work than Onbehalf, which made ${wanted}: ${JSON.stringify(json)}`);
  }
  return { ms, counted, cpu: cpuMs(peer.child.pid) - before.cpu };
}

/** All repetitions at one size and latency. */
async function point(stage, workers, plan, customers, latency, progress) {
  // Whom the floor asks for; it changes nothing of theirs.
  const user = await stage.freshUser(customers);
  await stage.latency(latency);
  const compared = plan.peers.customers.includes(customers) && plan.peers.latencies.includes(latency);
  const runs = [];
  const onDisk = [];
  const floor = [];
  const peers = SHAPES.map((shape) => ({ ...shape, runs: [] }));
  let list;
  const repetitions = plan.repetitions(customers);
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    progress(`${customers} customers, ${latency} ms: ${repetition + 1} of ${repetitions}`);
    const run = await onbehalfOnce(stage, workers.onbehalf, customers);
    runs.push(run);
    onDisk.push(await onbehalfOnce(stage, workers.onDisk, customers));
    list = stages(run.counted, run.counts);
    const spent = cpuMs(workers.bare.child.pid);
    const { ms } = await timedPost(`${workers.bare.url}/calls`, { user, stages: list });
    floor.push({ ms, cpu: cpuMs(workers.bare.child.pid) - spent });
    if (!compared || repetition >= plan.peers.repetitions) continue;
    for (const of of peers) {
      progress(`${customers} customers, ${latency} ms: ${of.peer}, ${of.shape} shape`);
      of.runs.push(await peerOnce(stage, workers[of.peer], customers, of.atOnce, run.counts));
    }
  }
  await stage.latency(0);
  const path = criticalPath(list, latency);
  const wall = spread(runs.map(({ ms }) => ms));
  const floorMs = spread(floor.map(({ ms }) => ms));
  return {
    customers,
    latency,
    wallMs: wall,
    wallOnDiskMs: spread(onDisk.map(({ ms }) => ms)),
    cpuMs: spread(runs.map(({ cpu }) => cpu)),
    upstreamCpuMs: spread(runs.map(({ upstreamCpu }) => upstreamCpu)),
    calls: total(runs.at(-1).counted),
    writes: runs.at(-1).counts.tasksCreated + runs.at(-1).counts.commentsAdded,
    stages: list,
    criticalPathMs: path,
    ofCriticalPath: latency === 0 ? null : rounded(wall.median / path),
    floorMs,
    floorCpuMs: spread(floor.map(({ cpu }) => cpu)),
    ofFloor: rounded(wall.median / floorMs.median),
    peers: peers.filter((of) => of.runs.length > 0).map((of) => {
      const ms = spread(of.runs.map((run) => run.ms));
      return {
        peer: of.peer,
        shape: of.shape,
        customersAtOnce: of.atOnce,
        wallMs: ms,
        cpuMs: spread(of.runs.map((run) => run.cpu)),
        calls: total(of.runs.at(-1).counted),
        timesSlower: rounded(ms.median / wall.median),
      };
    }),
  };
}

export async function measure(stage, { quick, progress }) {
  const plan = quick ? QUICK : FULL;
  await install('mastra');
  const workers = {
    onbehalf: await stage.startOnbehalf('whole-run'),
    onDisk: await stage.startOnbehalf('whole-run', { folder: stage.disk }),
    bare: await startBare(stage),
    mastraNode: await startMastraNode(stage),
    mastraWorkerd: await start(await prepareMastraWorkerd(stage)),
  };
  // Every process has compiled its code before the first figure is taken.
  const { counts } = await onbehalfOnce(stage, workers.onbehalf, 20);
  await onbehalfOnce(stage, workers.onDisk, 20);
  for (const { peer, atOnce } of SHAPES) await peerOnce(stage, workers[peer], 20, atOnce, counts);
  const points = [];
  for (const customers of plan.customers) {
    for (const latency of plan.latencies) {
      points.push(await point(stage, workers, plan, customers, latency, progress));
    }
  }
  for (const worker of Object.values(workers)) await worker.stop();
  return { peer: { '@mastra/core': await version('mastra', '@mastra/core') }, points };
}

export function rows({ points }) {
  return {
    header: ['Customers', 'Latency', 'Calls', 'Wall', 'Critical path', 'Wall ÷ path', 'Floor', 'On disk', 'CPU', 'CPU of the floor', 'CPU of the sandbox', 'Mastra, article’s shape', 'Mastra, six at once'],
    rows: points.map((at) => {
      const peer = (shape) => {
        const of = at.peers.find((one) => one.peer === 'mastraNode' && one.shape === shape);
        return of ? `${of.wallMs.median} ms (${of.timesSlower} ×)` : '';
      };
      return [
        at.customers,
        `${at.latency} ms`,
        at.calls,
        shown(at.wallMs, ' ms'),
        at.latency === 0 ? '–' : `${at.criticalPathMs} ms`,
        at.ofCriticalPath ?? '–',
        `${at.floorMs.median} ms`,
        `${at.wallOnDiskMs.median} ms`,
        `${at.cpuMs.median} ms`,
        `${at.floorCpuMs.median} ms`,
        `${at.upstreamCpuMs.median} ms`,
        peer('article'),
        peer('batched'),
      ];
    }),
  };
}

/** What the targets came to. */
export function verdicts({ points }) {
  const latencies = [...new Set(points.map(({ latency }) => latency))].filter((latency) => latency > 0);
  const verdict = latencies.map((latency) => {
    const at = points.filter((point) => point.latency === latency);
    const worst = at.reduce((a, b) => (a.ofCriticalPath > b.ofCriticalPath ? a : b));
    return {
      target: `at ${latency} ms for each call a run takes at most ${TARGET_OF_PATH} of its critical path`,
      found: at.map((point) => `${point.ofCriticalPath} for ${point.customers}`).join(', ') + ' customers',
      met: worst.ofCriticalPath <= TARGET_OF_PATH,
    };
  });
  const compared = points.find((at) => at.customers === 200 && at.latency === 50 && at.peers.length > 0);
  if (compared) {
    const { timesSlower } = compared.peers.find((of) => of.peer === 'mastraNode' && of.shape === 'article');
    verdict.push({
      target: `at 200 customers and 50 ms at least ${TARGET_OF_ARTICLE} times as fast as the article’s shape`,
      found: `${timesSlower} times`,
      met: timesSlower >= TARGET_OF_ARTICLE,
    });
  }
  return verdict;
}
