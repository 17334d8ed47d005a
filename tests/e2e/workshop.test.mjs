// The Worker of `npm start` when its runtime is killed: it is there again, and what it was at goes on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { assertFree, endAll, freePort } from '../../scripts/lib/processes.mjs';
import { AMPLE_LIMITS } from '../../scripts/lib/wrangler_config.mjs';
import { startSandbox, token } from '../../scripts/lib/stack.mjs';
import { Workshop } from '../../scripts/lib/workshop.mjs';
import { BUILD, WORKFLOW } from './lib/stage.mjs';

const WITHIN_MS = 90_000;

let state, sandbox, workshop, bearer;
before(async () => {
  state = await mkdtemp(join(tmpdir(), 'onbehalf-workshop-'));
  sandbox = await startSandbox(await freePort(), { profile: BUILD.sandbox });
  workshop = await Workshop.open(sandbox, { port: await freePort(), state, log: join(state, 'worker.log'), limits: AMPLE_LIMITS, build: BUILD });
  const user = { user: 'kim', customers: 3, connectors: ['hubspot', 'linear', 'zendesk'] };
  await fetch(`${sandbox.url}/_sandbox/seed`, { method: 'POST', body: JSON.stringify(user) });
  bearer = await token(sandbox.url, user.user);
});
after(async () => {
  workshop?.close();
  await endAll();
  if (state) await rm(state, { recursive: true, force: true });
});

/** The runtimes that this process has begun, however far down. */
function runtimes() {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/));
  const own = new Set([String(process.pid)]);
  for (let before = 0; before !== own.size; ) {
    before = own.size;
    for (const [pid, parent] of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(([pid, , command]) => own.has(pid) && command.endsWith('workerd')).map(([pid]) => Number(pid));
}

async function ask(method, path) {
  const answer = await fetch(`${workshop.url}${path}`, { method, headers: { authorization: `Bearer ${bearer}` }, signal: AbortSignal.timeout(5000) });
  return answer.ok ? answer.json() : undefined;
}

test('a runtime that is killed in the middle of a run is there again, and the run ends', async () => {
  const { runId } = await ask('POST', `${WORKFLOW}/trigger`);
  const killed = runtimes();
  assert.ok(killed.length > 0);
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  const until = Date.now() + WITHIN_MS;
  for (;;) {
    const run = await ask('GET', `${WORKFLOW}/runs/${runId}`).catch(() => undefined);
    if (run?.status === 'completed') return;
    assert.ok(Date.now() < until, `${runId} is ${run?.status ?? 'nowhere'}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
});

test('one that refuses to work from the start leaves its port to others', async () => {
  const port = await freePort();
  const folder = join(state, 'refuses');
  const refused = Workshop.open(sandbox, { port, state: folder, log: join(state, 'refuses.log'), limits: AMPLE_LIMITS, build: BUILD, issuer: { audience: [] } });
  await assert.rejects(refused, /is not healthy.*misconfigured/s);
  await assertFree(port, '--port');
});
