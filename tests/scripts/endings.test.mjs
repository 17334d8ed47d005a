// Nothing that a script began outlives it, or the npm that began the script.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { isAlive } from '../../scripts/lib/processes.mjs';

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
