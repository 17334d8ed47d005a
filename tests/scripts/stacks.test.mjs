// `npm run token` finds the stack that is up, and does not guess between several.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { endAll, freePort } from '../../scripts/lib/processes.mjs';
import { startSandbox } from '../../scripts/lib/stack.mjs';

/** No process has it: above what Linux and macOS give out. */
const NOBODY = 4_194_400;

let project;
let sandbox;

before(async () => {
  // A project of its own: in this one, somebody may have a stack up.
  project = await mkdtemp(join(tmpdir(), 'onbehalf-stacks-'));
  await cp(inRoot('scripts'), join(project, 'scripts'), { recursive: true });
  await writeFile(join(project, 'package.json'), '{"type": "module"}');
  sandbox = await startSandbox(await freePort());
});

after(async () => {
  await endAll();
  await rm(project, { recursive: true, force: true });
});

const token = (...args) =>
  spawnSync(process.execPath, [join(project, 'scripts', 'token.mjs'), ...args], { encoding: 'utf8', timeout: 20_000 });

async function up(...stacks) {
  const folder = join(project, '.state', 'stacks');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [at, stack] of stacks.entries()) await writeFile(join(folder, `${at}.json`), JSON.stringify(stack));
  return folder;
}

const sandboxPort = () => Number(new URL(sandbox.url).port);

test('with nothing up, it says how to start', async () => {
  await up();
  const answer = token('alice');
  assert.equal(answer.status, 1);
  assert.match(answer.stderr, /npm start/);
});

test('the only stack is found, and nothing but a token is printed', async () => {
  await up({ pid: process.pid, workerPort: 1, sandboxPort: sandboxPort() });
  const answer = token('alice');
  assert.equal(answer.status, 0, answer.stderr);
  assert.match(answer.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
});

test('with several, it says how to choose', async () => {
  await up({ pid: process.pid, workerPort: 8001, sandboxPort: 8002 }, { pid: process.ppid, sandboxPort: sandboxPort() });
  const answer = token('alice');
  assert.equal(answer.status, 1);
  assert.match(answer.stderr, /--sandbox-port 8002/);
  assert.ok(answer.stderr.includes(`--sandbox-port ${sandboxPort()}`));
  const chosen = token('alice', '--sandbox-port', String(sandboxPort()));
  assert.equal(chosen.status, 0, chosen.stderr);
});

test('a stack that died without a word is not counted, and what it left is taken away', async () => {
  const folder = await up({ pid: NOBODY, sandboxPort: 1 }, { pid: process.pid, sandboxPort: sandboxPort() });
  assert.equal(token('alice').status, 0);
  assert.deepEqual(await readdir(folder), ['1.json']);
});
