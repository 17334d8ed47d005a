// `npm run mutate`: breaks the code on purpose, one promise at a time, and demands that the
// simulation, or the test that it names, notices. Works on a copy; the sources are not touched.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { copy, copySources, restore } from './lib/copy.mjs';
import { count, flags } from './lib/flags.mjs';
import { apply, readMutations } from './lib/mutations.mjs';
import { root, target } from './lib/paths.mjs';
import { Failure, bold, dim, green, main, red, say, table } from './lib/say.mjs';

// The same target directory and profile as `cargo test`, so that dependencies are built already.
const program = join(target, 'mutated-simulate');
/** The line of a report that says what was found, or that the next one does. */
const TELLING = /seed \d+ |crash matrix|panicked|^test .* FAILED/;

function cargo(...args) {
  return spawnSync('cargo', args, {
    cwd: copy,
    env: { ...process.env, CARGO_TARGET_DIR: target, CARGO_TERM_COLOR: 'never' },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}

/** What the one that has to notice says: undefined when it notices nothing. */
const finding = ({ seeds, test }) => (test ? testFinding(test) : simulationFinding(seeds));

function simulationFinding(seeds) {
  const built = cargo('build', '--quiet', '--locked', '-p', 'onbehalf-simulation');
  if (built.status !== 0) throw new Failure(`It does not compile:\n${built.stderr}`);
  // Away from where the next build of anything would replace it.
  copyFileSync(join(target, 'debug', 'simulate'), program);
  for (const args of [['--matrix'], ['--seeds', String(seeds)]]) {
    const ran = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (ran.status !== 0) return telling(ran);
  }
  return undefined;
}

function testFinding(args) {
  const built = cargo('test', '--quiet', '--locked', '--no-run', ...args);
  if (built.status !== 0) throw new Failure(`It does not compile:\n${built.stderr}`);
  const ran = cargo('test', '--locked', ...args);
  if (ran.status !== 0) return telling(ran);
  if (!/^test .* ok$/m.test(ran.stdout)) throw new Failure(`There is no such test: cargo test ${args.join(' ')}.`);
  return undefined;
}

function telling({ stdout, stderr }) {
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  const at = lines.findIndex((line) => TELLING.test(line));
  if (at < 0) return 'it ended with an error';
  return lines[at].endsWith(':') ? `${lines[at]} ${lines[at + 1]}` : lines[at];
}

/** Breaks one promise; answers whether it was noticed, and how. */
function attempt(mutation) {
  apply(mutation, copy);
  try {
    const found = finding(mutation);
    return [found !== undefined, found ?? ''];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [false, error.message];
  } finally {
    for (const file of mutation.files) restore(file);
  }
}

/** Some of them, others after every commit; the same ones for the same commit. */
function sample(mutations, size) {
  const head = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout;
  const place = ({ name }) => createHash('sha256').update(`${head} ${name}`).digest('hex');
  return [...mutations].sort((a, b) => (place(a) < place(b) ? -1 : 1)).slice(0, size);
}

/** Whoever has to notice must have nothing to say without a mutation. */
function proveSound(mutations) {
  const most = Math.max(0, ...mutations.map(({ seeds }) => seeds ?? 0));
  const watchers = new Map(mutations.filter(({ test }) => test).map((it) => [it.test.join(' '), it]));
  if (most > 0) watchers.set('the simulation', { seeds: most });
  for (const [name, watcher] of watchers) {
    const found = finding(watcher);
    if (found) throw new Failure(`Without any mutation, ${name} fails: ${found}.`);
  }
}

await main(async () => {
  const { values } = flags('npm run mutate', {
    about: 'Breaks the code on purpose, one promise at a time (simulation/mutations), and demands that the simulation, or the test that the mutation names, notices.',
    options: {
      only: { value: 'NAMES', help: 'the mutations that have one of these in their names, separated by commas' },
      sample: { value: 'N', help: 'only so many, others after every commit' },
      seeds: { value: 'N', help: 'other seeds for the simulation than each mutation names' },
      list: { help: 'say what there is, and break nothing' },
    },
  });
  const seeds = values.seeds && count(values.seeds, '--seeds');
  let chosen = readMutations()
    .filter(({ name }) => !values.only || values.only.split(',').some((part) => name.includes(part)))
    .map((mutation) => (mutation.seeds && seeds ? { ...mutation, seeds } : mutation));
  if (chosen.length === 0) throw new Failure(`No mutation has ${values.only} in its name; --list says what there is.`);
  if (values.sample) {
    chosen = sample(chosen, count(values.sample, '--sample'));
    say(`A sample: ${chosen.map(({ name }) => name).join(', ')}`);
  }
  if (values.list) {
    for (const line of table(['mutation', 'breaks'], chosen.map(({ name, breaks }) => [name, breaks]))) say(line);
    return;
  }
  copySources();
  for (const mutation of chosen) apply(mutation, copy, { check: true });
  say(dim('Building, and asking what is to notice them while nothing is broken …'));
  proveSound(chosen);
  const rows = [];
  let missed = 0;
  for (const mutation of chosen) {
    const [noticed, what] = attempt(mutation);
    missed += noticed ? 0 : 1;
    rows.push([mutation.name, noticed ? green('caught') : red('missed'), mutation.test ? 'a test' : `${mutation.seeds} seeds`]);
    say(`${rows.at(-1)[1]} ${bold(mutation.name)}: ${mutation.breaks} ${dim(what)}`);
  }
  say();
  for (const line of table(['mutation', '', 'within'], rows)) say(line);
  if (missed > 0) throw new Failure(`${missed} of ${rows.length} mutations were not noticed.`);
  say(`${rows.length} of ${rows.length} mutations were noticed.`);
});
