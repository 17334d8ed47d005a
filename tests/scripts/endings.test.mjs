// Nothing that a script began outlives it, or the npm that began the script; and what is held stands still.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { end, held, isAlive, keep } from '../../scripts/lib/processes.mjs';

/** A script as ours are: one child that is kept, one that runs to its end, both with children. */
const SCRIPT = `
import { keep, run } from ${JSON.stringify(inRoot('scripts', 'lib', 'processes.mjs'))};
keep('sh', ['-c', 'echo $$ > kept; sleep 600 & echo $! > below-kept; wait']);
await run('sh', ['-c', 'echo $$ > run; sleep 600 & echo $! > below-run; wait'], { quiet: true });
`;
const FILES = ['kept', 'below-kept', 'run', 'below-run'];
const PATIENCE_MS = 20_000;

/** Asks until the answer is not undefined or false. */
async function until(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How it comes: a terminal tells everybody in front of it; a supervisor tells npm alone. */
const ENDINGS = [
  ['Ctrl-C', 'SIGINT', (npm) => -npm.pid],
  ['a closed terminal', 'SIGHUP', (npm) => -npm.pid],
  ['SIGTERM for npm', 'SIGTERM', (npm) => npm.pid],
  ['SIGKILL for npm', 'SIGKILL', (npm) => npm.pid],
];

for (const [what, signal, whom] of ENDINGS) {
  test(`${what} ends everything`, { timeout: 3 * PATIENCE_MS }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onbehalf-endings-'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { hold: 'node hold.mjs' } }));
    await writeFile(join(folder, 'hold.mjs'), SCRIPT);
    const npm = spawn('npm', ['run', 'hold'], { cwd: folder, stdio: 'ignore', detached: true });
    const gone = once(npm, 'exit');
    const number = async (file) => Number(await readFile(join(folder, file), 'utf8').catch(() => '')) || undefined;
    const pids = await Promise.all(FILES.map((file) => until(`${file} is there`, () => number(file))));
    try {
      assert.ok(pids.every(isAlive));
      process.kill(whom(npm), signal);
      await gone;
      for (const [at, pid] of pids.entries()) await until(`${FILES[at]} has ended`, () => !isAlive(pid));
    } finally {
      for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
}

test('who is held stands still with all that it has started, and goes on after that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onbehalf-held-'));
  const write = (file) => `while :; do echo >> ${file}; sleep 0.01; done`;
  const child = keep('sh', ['-c', `{ ${write('below')}; } & ${write('own')}`], { cwd: folder });
  const sizes = () => Promise.all(['own', 'below'].map((file) => stat(join(folder, file)).then(({ size }) => size, () => 0)));
  const grown = (before) => until('both write', async () => (await sizes()).every((size, at) => size > before[at]));
  try {
    await grown([0, 0]);
    const [before, after] = await held(child, async () => {
      const seen = await sizes();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return [seen, await sizes()];
    });
    assert.deepEqual(after, before);
    await grown(after);
  } finally {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  }
});
