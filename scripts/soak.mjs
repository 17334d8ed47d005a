// `npm run soak`: the Worker at saturation for some minutes, while runs are started. Memory has to
// stay flat and no run may be lost. Needs `wrk` (apt-get install wrk).

import { readFile, readdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RELEASE } from './lib/build.mjs';
import { count, flags } from './lib/flags.mjs';
import { prepare } from './lib/prepare.mjs';
import { endAll, freePort, run } from './lib/processes.mjs';
import { Failure, bold, dim, main, say, table } from './lib/say.mjs';
import { MEASURED, startSandbox, startWorker, token } from './lib/stack.mjs';

const WORKFLOW = '/api/workflows/onboarding-health';
const USERS = 20;
const CUSTOMERS = 10;
/** A run is started this often, in milliseconds. */
const START_EVERY = 500;
const SAMPLE_EVERY = 2000;
/** The last quarter of the time may take this much more memory than the third: what is above it
 *  grows without end. Before that, the engine lets its heap grow to what it likes to have: workerd
 *  has no limit here, and takes some 500 MB in each of its two processes (the development server's
 *  proxy and the Worker), whatever is asked. */
const GROWTH = 1.1;

/** The workerd process below a process. */
async function workerd(root) {
  const parents = new Map();
  const names = new Map();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const [, name, parent] = stat.match(/\((.*)\) \S (\d+)/) ?? [];
    parents.set(Number(entry), Number(parent));
    names.set(Number(entry), name);
  }
  const isBelow = (pid) => pid === root || (parents.has(pid) && isBelow(parents.get(pid)));
  const found = [...names].filter(([pid, name]) => name === 'workerd' && isBelow(pid)).map(([pid]) => pid);
  if (found.length === 0) throw new Failure('No workerd runs below wrangler.');
  return found;
}

/** Resident memory of processes together, in megabytes. */
async function megabytes(pids) {
  const pages = await Promise.all(pids.map(async (pid) => (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]));
  return (pages.reduce((sum, it) => sum + Number(it), 0) * 4096) / 1024 / 1024;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** What wrk sends: reads of several kinds, each as one of the users. */
const requests = (tokens, runIds) => `
local tokens = { ${tokens.map((it) => `"${it}"`).join(', ')} }
local runs = { ${runIds.map((it) => `"${it}"`).join(', ')} }
local n = 0
request = function()
  n = n + 1
  local who = n % #tokens + 1
  local paths = { "${WORKFLOW}/schedule", "${WORKFLOW}/runs?limit=5", "${WORKFLOW}/runs/" .. runs[who], "/api/tools" }
  return wrk.format("GET", paths[n % #paths + 1], { authorization = "Bearer " .. tokens[who] })
end
`;

await main(async () => {
  const { values } = flags('npm run soak', {
    about: 'Runs the Worker at saturation: memory has to stay flat, and no run may be lost. Needs wrk.',
    options: {
      minutes: { value: 'N', help: 'how long', default: '5' },
      connections: { value: 'N', help: 'how many ask at once', default: '32' },
    },
  });
  const minutes = count(values.minutes, '--minutes');
  const connections = count(values.connections, '--connections');
  await run('sh', ['-c', 'command -v wrk'], { quiet: true }).catch(() => {
    throw new Failure('wrk was not found; install it (apt-get install wrk).');
  });
  await prepare({ worker: RELEASE, sandbox: true });
  // The development server's own traces of every request would be most of what is measured.
  process.env.X_LOCAL_OBSERVABILITY = 'false';
  const state = await mkdtemp(join(tmpdir(), 'onbehalf-soak-'));
  try {
    const sandbox = await startSandbox(await freePort(), { manners: MEASURED.manners });
    const worker = await startWorker(sandbox, {
      port: await freePort(),
      state,
      log: join(state, 'worker.log'),
      extra: MEASURED.settings,
    });
    await fetch(`${sandbox.url}/_sandbox/seed`, {
      method: 'POST',
      body: JSON.stringify({ prefix: 'load', count: USERS, customers: CUSTOMERS }),
    });
    const tokens = await Promise.all(Array.from({ length: USERS }, (_, n) => token(sandbox.url, `load${n}`)));
    const ask = async (who, method, path) => {
      const answer = await fetch(`${worker.url}${path}`, { method, headers: { authorization: `Bearer ${tokens[who]}` } });
      return { status: answer.status, json: await answer.json() };
    };
    const started = [];
    let refused = 0;
    const start = async (who) => {
      const { status, json } = await ask(who, 'POST', `${WORKFLOW}/trigger?overlap=allow`);
      if (status === 200) started.push({ who, runId: json.runId });
      else if (status === 429) refused += 1;
      else throw new Failure(`A run could not be started: ${status} ${JSON.stringify(json)}`);
    };
    for (let who = 0; who < USERS; who += 1) await start(who);
    await writeFile(join(state, 'requests.lua'), requests(tokens, started.map((it) => it.runId)));

    say(bold(`${minutes} min, ${connections} connections`));
    const pids = await workerd(worker.child.pid);
    const samples = [];
    const sampling = setInterval(async () => samples.push(await megabytes(pids)), SAMPLE_EVERY);
    let failure;
    let turn = 0;
    const starting = setInterval(() => start((turn += 1) % USERS).catch((error) => { failure ??= error; }), START_EVERY);
    const said = await run(
      'wrk',
      ['-t', '2', '-c', String(connections), '-d', `${Math.round(minutes * 60)}s`, '--timeout', '10s', '--latency', '-s', join(state, 'requests.lua'), worker.url],
      { quiet: true, what: 'wrk' },
    );
    clearInterval(sampling);
    clearInterval(starting);
    if (failure) throw failure;
    say(dim(said.trim()));

    const ends = {};
    for (const { who, runId } of started) {
      for (let looks = 0; ; looks += 1) {
        const { json } = await ask(who, 'GET', `${WORKFLOW}/runs/${runId}`);
        if (json.endedAt || looks > 600) {
          ends[json.status] = (ends[json.status] ?? 0) + 1;
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    const quarter = Math.floor(samples.length / 4);
    const [early, late] = [samples.slice(2 * quarter, 3 * quarter), samples.slice(-quarter)].map(median);
    say(dim(`memory in MB, ten looks: ${Array.from({ length: 10 }, (_, n) => samples[Math.floor((n * samples.length) / 10)].toFixed(0)).join(' ')}`));
    const rows = [
      ['runs started', started.length],
      ['starts refused (429)', refused],
      ...Object.entries(ends).map(([status, count]) => [`runs ${status}`, count]),
      ['memory, third quarter', `${early.toFixed(0)} MB`],
      ['memory, last quarter', `${late.toFixed(0)} MB`],
      ['memory, most', `${Math.max(...samples).toFixed(0)} MB`],
    ];
    for (const line of table(['', ''], rows)) say(line);
    if (ends.completed !== started.length) throw new Failure('Runs were lost.');
    if (late > early * GROWTH) throw new Failure('Memory grows.');
  } finally {
    await endAll();
    await rm(state, { recursive: true, force: true });
  }
});
