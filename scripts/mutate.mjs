// `npm run mutate`: breaks the engine on purpose, one promise at a time, and demands that the
// simulation notices. Works on a copy; the sources are not touched.

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { flags } from './lib/flags.mjs';
import { mutations } from './lib/mutations.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { Failure, green, main, red, say, table } from './lib/say.mjs';

const USAGE = 'npm run mutate -- [--seeds N] [--only WORDS]';
// Most mutants die within a hundred seeds; the rare orders of events need thousands.
const SEEDS = '4000';

// The same target directory and profile as `cargo test`, so that dependencies are built already.
const target = process.env.CARGO_TARGET_DIR ?? inRoot('target');
const tree = join(target, 'mutants');
const program = join(tree, 'simulate-mutant');

/** Copies all tracked and new files, so that changes not yet committed are tried too. */
function copySources() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  for (const file of listed.toString().split('\0').filter(Boolean)) {
    if (!existsSync(inRoot(file))) continue;
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    copyFileSync(inRoot(file), join(tree, file));
  }
}

function cargo(...args) {
  return spawnSync('cargo', args, {
    cwd: tree,
    env: { ...process.env, CARGO_TARGET_DIR: target },
    encoding: 'utf8',
  });
}

function build() {
  const built = cargo('build', '--quiet', '-p', 'onbehalf-simulation');
  if (built.status !== 0) throw new Failure(`A mutant does not compile:\n${built.stderr}`);
  // Away from where the next build of anything would replace it.
  copyFileSync(join(target, 'debug', 'simulate'), program);
}

/** What the simulation says: undefined when it finds nothing. */
function finding(seeds) {
  for (const args of [['--matrix'], ['--seeds', seeds]]) {
    const ran = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (ran.status === 0) continue;
    const line = `${ran.stdout}${ran.stderr}`.split('\n').find((it) => /seed \d+ |crash matrix/.test(it));
    return line ?? 'it crashed';
  }
  return undefined;
}

function mutated({ name, file, search, replace }) {
  const source = readFileSync(inRoot(file), 'utf8');
  if (source.split(search).length !== 2) {
    throw new Failure(`Mutation "${name}" does not fit ${file} any more.`);
  }
  return source.replace(search, () => replace);
}

await main(async () => {
  const { values } = flags(
    { seeds: { type: 'string', default: SEEDS }, only: { type: 'string' } },
    { usage: USAGE },
  );
  const chosen = mutations.filter(({ name }) => !values.only || name.includes(values.only));
  copySources();
  build();
  const sound = finding(values.seeds);
  if (sound) throw new Failure(`The simulation fails without any mutation: ${sound}.`);
  const rows = [];
  for (const mutation of chosen) {
    writeFileSync(join(tree, mutation.file), mutated(mutation));
    build();
    const found = finding(values.seeds);
    copyFileSync(inRoot(mutation.file), join(tree, mutation.file));
    rows.push([mutation.name, found ? green('caught') : red('missed'), found ?? '']);
    say(`${found ? 'caught' : 'missed'}: ${mutation.name}`);
  }
  say();
  for (const line of table(['mutation', '', 'by'], rows)) say(line);
  const missed = rows.filter(([, , by]) => by === '').length;
  if (missed > 0) throw new Failure(`${missed} of ${rows.length} mutations were not noticed.`);
  say(`${rows.length} of ${rows.length} mutations were noticed.`);
});
