// What only one process may do at a time: the others wait, and nobody waits for one that is gone.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { alone } from '../../scripts/lib/alone.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';

const folder = () => mkdtemp(join(tmpdir(), 'alone-'));

/** A process that says when it begins and ends what it may only do alone. */
function worker(where) {
  const code = `
    import { appendFile } from 'node:fs/promises';
    import { setTimeout as after } from 'node:timers/promises';
    import { alone } from ${JSON.stringify(inRoot('scripts', 'lib', 'alone.mjs'))};
    const say = (word) => appendFile(${JSON.stringify(join(where, 'said'))}, word + '\\n');
    await alone(${JSON.stringify(join(where, 'lock'))}, async () => { await say('begin'); await after(50); await say('end'); });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'inherit' });
  return new Promise((resolve) => child.on('close', resolve));
}

test('processes that come at once take turns', async () => {
  const where = await folder();
  assert.deepEqual(await Promise.all([worker(where), worker(where), worker(where)]), [0, 0, 0]);
  const said = (await readFile(join(where, 'said'), 'utf8')).trim().split('\n');
  assert.deepEqual(said, ['begin', 'end', 'begin', 'end', 'begin', 'end']);
  assert.deepEqual(await readdir(where), ['said']);
});

test('nobody waits for a process that is gone', async () => {
  const lock = join(await folder(), 'lock');
  const gone = spawnSync(process.execPath, ['--version']);
  await writeFile(lock, String(gone.pid));
  assert.equal(await alone(lock, async () => 'done'), 'done');
});

test('what fails lets the next one in', async () => {
  const lock = join(await folder(), 'lock');
  await assert.rejects(alone(lock, async () => { throw new Error('no network'); }), /no network/);
  assert.equal(await alone(lock, async () => 'done'), 'done');
});
