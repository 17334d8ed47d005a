// What `npm run mutate` breaks: promises of the code, each withdrawn by one small patch that stands
// in simulation/mutations. Owns how such a file is read and applied; knows nothing of catching.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { inRoot } from './paths.mjs';
import { Failure } from './say.mjs';

export const FOLDER = inRoot('simulation', 'mutations');
const ENDING = '.patch';
/** What has to notice it: the simulation, or `cargo test` with these arguments. */
const SIMULATION = 'simulation';
const TEST = /^cargo test (-p [\w-]+ .+)$/;
const HEADERS = ['Breaks', 'Caught-by', 'Seeds'];

/** Reads all of them, by name. A file that does not say what it has to is a failure. */
export function readMutations(folder = FOLDER) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ENDING))
    .sort()
    .map((file) => readMutation(join(folder, file), file.slice(0, -ENDING.length)));
}

function readMutation(path, name) {
  const text = readFileSync(path, 'utf8');
  const wrong = (what) => new Failure(`The mutation ${name} ${what}; simulation/mutations/README.md says how they are written.`);
  const headers = new Map();
  for (const line of text.slice(0, text.search(/^--- /m)).split('\n').filter(Boolean)) {
    const [, key, value] = line.match(/^([\w-]+): (.+)$/) ?? [];
    if (!HEADERS.includes(key)) throw wrong(`has the line "${line}" above its patch`);
    headers.set(key, value);
  }
  const by = headers.get('Caught-by');
  const seeds = headers.get('Seeds');
  if (!headers.has('Breaks')) throw wrong('does not say what it breaks');
  if (by !== SIMULATION && !TEST.test(by ?? '')) throw wrong('does not say what has to notice it');
  if ((by === SIMULATION) !== /^\d+$/.test(seeds ?? '')) throw wrong('names seeds exactly when the simulation has to notice it');
  return {
    name,
    path,
    breaks: headers.get('Breaks'),
    seeds: by === SIMULATION ? Number(seeds) : undefined,
    test: by === SIMULATION ? undefined : TEST.exec(by)[1].split(' '),
    files: [...text.matchAll(/^--- a\/(.+)$/gm)].map((match) => match[1]),
  };
}

/** Applies a mutation to a tree, or, with `check`, only tries. */
export function apply(mutation, tree, { check = false } = {}) {
  try {
    execFileSync('git', ['apply', ...(check ? ['--check'] : []), mutation.path], {
      cwd: tree,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      // The tree is by itself, even when it stands below a repository's ignored folder.
      env: { ...process.env, GIT_CEILING_DIRECTORIES: join(tree, '..') },
    });
  } catch (error) {
    throw new Failure(`The mutation ${mutation.name} does not apply any more: ${error.stderr.trim()}`);
  }
}
