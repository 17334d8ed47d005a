// A Worker that is not configured says what is missing, and does nothing else.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endAll, freePort } from '../../scripts/lib/processes.mjs';
import { startSandbox, startWorker } from '../../scripts/lib/stack.mjs';
import { BUILD } from './lib/stage.mjs';

/** Too short to be a secret; nowhere to be seen. */
const WEAK = 'canary-secret';

let state;
after(async () => {
  await endAll();
  if (state) await rm(state, { recursive: true, force: true });
});

test('all that is missing or wrong is named at once, and no value is shown', async () => {
  state = await mkdtemp(join(tmpdir(), 'onbehalf-settings-'));
  const log = join(state, 'worker.log');
  const sandbox = await startSandbox(await freePort(), { profile: BUILD.sandbox });
  const port = await freePort();
  const extra = { SESSION_SECRET: WEAK, SCALEKIT_CLIENT_SECRET: '', RUN_RETENTION_DAYS: '3651' };
  await assert.rejects(startWorker(sandbox, { port, state, log, extra, build: BUILD }), /not healthy/);

  const url = `http://localhost:${port}`;
  const health = await fetch(`${url}/health`);
  assert.equal(health.status, 503);
  assert.deepEqual((await health.json()).configurationProblems, [
    'SCALEKIT_CLIENT_SECRET is missing',
    'SESSION_SECRET cannot be used; the log says why',
    'RUN_RETENTION_DAYS cannot be used; the log says why',
  ]);
  for (const [method, path] of [['GET', '/'], ['GET', '/api/tools'], ['POST', '/webhooks/scalekit']]) {
    const answer = await fetch(`${url}${path}`, { method });
    const text = await answer.text();
    assert.equal(answer.status, 503, path);
    assert.equal(JSON.parse(text).type, 'urn:onbehalf:problem:not-configured');
    assert.ok(!text.includes(WEAK));
  }

  // An operator reads why in the log: once, in one line.
  const lines = (await readFile(log, 'utf8')).split('\n');
  const complaints = lines.filter((line) => line.includes('"event":"misconfigured"'));
  assert.equal(complaints.length, 1, complaints.join('\n'));
  const [line] = complaints;
  const { settings } = JSON.parse(line.slice(line.indexOf('{'), line.lastIndexOf('}') + 1));
  assert.match(settings, /SESSION_SECRET: the session secret must have at least 32 bytes/);
  assert.match(settings, /RUN_RETENTION_DAYS: must be a whole number from 0 to 3650/);
  assert.ok(!line.includes(WEAK));
});

test('a secret that can be guessed is none', async () => {
  const sandbox = await startSandbox(await freePort(), { profile: BUILD.sandbox });
  const folder = await mkdtemp(join(tmpdir(), 'onbehalf-settings-'));
  try {
    for (const secret of ['a'.repeat(64), 'abababab'.repeat(8), '0123456789'.repeat(5), 'correct-horse-battery-staple-secret', 'changeme'.repeat(6)]) {
      const port = await freePort();
      const extra = { SESSION_SECRET: secret };
      await assert.rejects(startWorker(sandbox, { port, state: folder, log: join(folder, `${port}.log`), extra, build: BUILD }), /not healthy/);
      const health = await (await fetch(`http://localhost:${port}/health`)).json();
      assert.deepEqual(health.configurationProblems, ['SESSION_SECRET cannot be used; the log says why'], secret);
    }
  } finally {
    await endAll();
    await rm(folder, { recursive: true, force: true });
  }
});
