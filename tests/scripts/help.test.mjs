// Every script says what it does and which flags it takes, and takes no others.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';

const COLUMNS = 80;

const { scripts } = JSON.parse(await readFile(inRoot('package.json'), 'utf8'));
const readme = await readFile(inRoot('README.md'), 'utf8');
const contributing = await readFile(inRoot('CONTRIBUTING.md'), 'utf8');

const ask = (file, ...args) => spawnSync(process.execPath, [inRoot(file), ...args], { encoding: 'utf8', timeout: 20_000 });

for (const [name, command] of Object.entries(scripts)) {
  const file = command.replace(/^node /, '');
  const called = ['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`;

  test(`${called} -- --help`, () => {
    const answer = ask(file, '--help');
    assert.equal(answer.status, 0, answer.stderr);
    const [usage] = answer.stdout.split('\n');
    assert.ok(usage.startsWith(`Usage: ${called}`), usage);
    assert.match(answer.stdout, /--help/);
    for (const line of answer.stdout.split('\n')) assert.ok(line.length <= COLUMNS, `too wide: ${line}`);
  });

  test(`${called} refuses a flag that it does not have`, () => {
    const answer = ask(file, '--no-such-flag');
    assert.equal(answer.status, 1);
    assert.match(answer.stderr, /^error: Unknown option '--no-such-flag'/);
    assert.match(answer.stderr, /--help/);
  });

  test(`${called} stands in the documents`, () => {
    assert.ok(readme.includes(called) || contributing.includes(called));
  });
}
