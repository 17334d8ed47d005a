// Requests: latency and throughput of starting a run and of reading one, as wrk sees them, beside
// the cheapest route of the same Worker and beside a Worker with nothing in it.
//
// One connection shows what a request costs; sixteen show what one isolate serves. Runs are
// triggered for users whose apps are not connected, so that a run ends after its first call and
// the figure is the trigger's. They still run beside the load, as they would.

import { rounded, spread } from './lib/numbers.mjs';
import { startBare } from './lib/peers.mjs';
import { WORKFLOW, ask, wholeRun } from './lib/stage.mjs';
import { missingWrk, tokensFile, wrk } from './lib/wrk.mjs';

export const name = 'trigger';
export const title = 'Trigger and read';
export const missing = missingWrk;

const CALLERS = 64;
const CUSTOMERS = 50;
const CONNECTIONS = [1, 16];
const FULL = { seconds: 5, repetitions: 3 };
const QUICK = { seconds: 2, repetitions: 1 };

async function prepared(stage) {
  const onbehalf = await stage.startOnbehalf('trigger');
  const bare = await startBare(stage);
  await stage.control('seed', { prefix: 'caller', count: CALLERS, customers: 0, connectors: [] });
  const reading = await stage.freshUser(CUSTOMERS);
  const bearers = [];
  for (let caller = 0; caller < CALLERS; caller += 1) bearers.push(await stage.token(`caller${caller}`));
  const reader = await stage.token(reading);
  const { view } = await wholeRun(onbehalf, reader);
  // Each caller's object exists and each token has been seen.
  for (const bearer of bearers) await ask(`${onbehalf.url}${WORKFLOW}/trigger?overlap=allow`, bearer, 'POST');
  const run = `${onbehalf.url}${WORKFLOW}/runs/${view.runId}`;
  const bytes = JSON.stringify(await ask(run, reader)).length;
  const [{ runId }] = (await ask(`${onbehalf.url}${WORKFLOW}/runs?limit=1`, bearers[0])).runs;
  const [callers, readers, first] = [
    await tokensFile(stage.folder, bearers),
    await tokensFile(stage.disk, [reader]),
    await tokensFile(onbehalf.folder, [bearers[0]]),
  ];
  return {
    workers: { onbehalf, bare },
    bytes,
    routes: [
      { route: 'a bare Worker', url: `${bare.url}/`, tokens: callers },
      { route: 'GET /health', url: `${onbehalf.url}/health`, tokens: callers },
      { route: 'GET …/runs/{id}, short run', url: `${onbehalf.url}${WORKFLOW}/runs/${runId}`, tokens: first },
      { route: `GET …/runs/{id}, ${CUSTOMERS} customers`, url: run, tokens: readers },
      { route: 'POST …/trigger', url: `${onbehalf.url}${WORKFLOW}/trigger?overlap=allow`, method: 'POST', tokens: callers },
    ],
  };
}

export async function measure(stage, { quick, progress }) {
  const { seconds, repetitions } = quick ? QUICK : FULL;
  const { workers, routes, bytes } = await prepared(stage);
  const found = routes.flatMap((route) => CONNECTIONS.map((connections) => ({ ...route, connections, passes: [] })));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const at of found) {
      progress(`${at.route}, ${at.connections} connections: ${repetition + 1} of ${repetitions}`);
      at.passes.push(await wrk(at.url, { ...at, seconds }));
    }
  }
  for (const worker of Object.values(workers)) await worker.stop();
  const of = (passes, field, scale = 1) => spread(passes.map((pass) => pass[field] / scale));
  return {
    seconds,
    callers: CALLERS,
    runViewBytes: bytes,
    routes: found.map(({ route, connections, passes }) => ({
      route,
      connections,
      requests: passes.reduce((sum, { requests }) => sum + requests, 0),
      p50Ms: of(passes, 'p50', 1000),
      p99Ms: of(passes, 'p99', 1000),
      perSecond: of(passes, 'perSecond'),
    })),
  };
}

export function rows({ routes }) {
  return {
    header: ['Request', 'Connections', 'p50', 'p99', 'Requests a second'],
    rows: routes.map((at) => [
      at.route,
      at.connections,
      `${rounded(at.p50Ms.median)} ms`,
      `${rounded(at.p99Ms.median)} ms`,
      at.perSecond.median,
    ]),
  };
}

export const verdicts = () => [];
