// Builds the Worker (wasm and its JavaScript shell) and the sandbox, when their sources changed.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bindAgain, watchedBy } from './binding.mjs';
import { inRoot, npmBin, root, tool } from './paths.mjs';
import { run } from './processes.mjs';
import { Failure } from './say.mjs';

/** What is deployed, tested and measured. `sandbox` is the cargo profile of the one beside it. */
export const RELEASE = { profile: 'release', folder: 'build', arguments: ['--release'], sandbox: 'dev' };
/** What `npm start` runs: built within seconds of a change. What it says of itself is written down by itself,
 *  into `described`, so that a change need not wait for it; how it was bound is kept in `bound`. */
export const LOCAL = {
  profile: 'local',
  folder: join('build', 'local'),
  features: ['--no-default-features'],
  arguments: ['--profile', 'local', '--no-opt', '--out-dir', join('build', 'local')],
  sandbox: 'local',
  described: join('build', 'local-described'),
  bound: join('build', 'local-bound'),
};

/** What the Worker is made of. Tests are not. */
export const SOURCES = ['src', 'crates', 'build.rs', 'Cargo.toml', 'Cargo.lock', '.cargo'];
const NOT_SOURCES = ['tests', 'examples'];

/** Builds the Worker unless what is built came from the same sources. */
export async function buildWorker(build) {
  const stamp = stampOf(build);
  const sources = await fingerprint([...SOURCES, 'scripts/lib/build.mjs']);
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === sources) return;
  await compileWorker(build);
  await bindWorker(build);
  await writeFile(stamp, sources);
}

/** Says which sources a build came from. */
const stampOf = ({ folder }) => inRoot(folder, '.sources');

/** Compiles the Worker to wasm, and writes down what it says of itself; cargo itself knows whether anything
 *  changed. */
export async function compileWorker(build) {
  if (build.described) await describeWorker(build);
  await cargo(build, 'Compiling the Worker', featuresOf(build));
}

/** Compiles the Worker after a change; what it says of itself stays what `describeWorker` found last. Answers
 *  the compiler's warnings. */
export async function recompileWorker(build) {
  return cargo(build, 'Compiling the Worker', [...featuresOf(build), ...ONLY_MESSAGES]);
}

/** Writes down what the Worker says of itself; answers whether that is something new. */
export async function describeWorker(build, { signal } = {}) {
  await cargo(build, 'Describing the Worker', [...DESCRIPTIONS, ...ONLY_MESSAGES], { signal });
  const written = await writtenDown(build, DESCRIPTIONS, { signal });
  const kept = inRoot(build.described);
  await mkdir(kept, { recursive: true });
  let isNew = false;
  for (const name of ['tools.json', 'workflows.json', DOCUMENT]) {
    const [now, before] = await Promise.all([written, kept].map((folder) => readFile(join(folder, name), 'utf8').catch(() => undefined)));
    if (now === before) continue;
    isNew = true;
    await writeFile(join(kept, name), now);
  }
  return isNew;
}

const DESCRIPTIONS = ['-p', 'onbehalf-descriptions'];
const DOCUMENT = 'openapi.json';
const ONLY_MESSAGES = ['--quiet', '--color', process.stderr.isTTY ? 'always' : 'never'];

const featuresOf = ({ features = [] }) => features;

/** As worker-build says it, so that what is compiled here is what it finds. */
const environment = ({ described }) => ({
  WASM_BINDGEN_USE_JS_SYS: '1',
  ...(described ? { ONBEHALF_DESCRIPTIONS: inRoot(described) } : {}),
});

function cargo(build, what, more, { signal } = {}) {
  return run('cargo', ['build', '--lib', '--locked', '--profile', build.profile, '--target', 'wasm32-unknown-unknown', ...more], {
    cwd: root,
    quiet: true,
    what,
    signal,
    env: environment(build),
  });
}

/** Where the OpenAPI document of a build lies, which has been compiled. */
export async function describedApi(build) {
  return build.described ? inRoot(build.described, DOCUMENT) : join(await writtenDown(build, featuresOf(build)), DOCUMENT);
}

/** The folder into which a build script has written what the Worker says of itself. */
async function writtenDown(build, more, { signal } = {}) {
  const said = await cargo(build, 'Looking for the OpenAPI document', [...more, '--quiet', '--message-format=json'], { signal });
  const messages = said.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const folders = messages.map(({ out_dir }) => out_dir).filter(Boolean);
  const folder = folders.find((path) => existsSync(join(path, DOCUMENT)));
  if (!folder) throw new Failure('The build of the Worker has written no OpenAPI document.');
  return folder;
}

/** Makes of the compiled wasm what workerd runs. */
export async function bindWorker(build) {
  await run(tool('worker-build'), [...build.arguments, ...featuresOf(build)], {
    cwd: root,
    quiet: true,
    what: 'Building the Worker',
    env: {
      ...environment(build),
      WASM_BINDGEN_BIN: tool('wasm-bindgen'),
      WASM_OPT_BIN: npmBin('wasm-opt'),
      ESBUILD_BIN: npmBin('esbuild'),
      ...(build.bound ? await watchedBy(inRoot(build.bound)) : {}),
    },
  });
}

/** The same after a change, in half the time where that can be. */
export async function rebindWorker(build) {
  await rm(stampOf(build), { force: true });
  if (!(await bindAgain(inRoot(build.bound), inRoot(build.folder)))) await bindWorker(build);
}

/** Builds the sandbox; cargo itself knows whether anything changed. */
export async function buildSandbox({ profile = 'dev' } = {}) {
  await run('cargo', ['build', '--locked', '--profile', profile, '-p', 'onbehalf-sandbox'], {
    cwd: root,
    quiet: true,
    what: 'Building the sandbox',
  });
}

/** Builds the native tests of all crates. */
export async function buildTests() {
  await run('cargo', ['test', '--workspace', '--locked', '--no-run'], {
    cwd: root,
    quiet: true,
    what: 'Building the native tests',
  });
}

/** A digest over the contents of files and folders. */
export async function fingerprint(paths) {
  const hash = createHash('sha256');
  const visit = async (path) => {
    const full = inRoot(path);
    if (!existsSync(full)) return;
    const entries = await readdir(full, { withFileTypes: true }).catch(() => undefined);
    if (!entries) {
      hash.update(path).update('\0').update(await readFile(full)).update('\0');
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!NOT_SOURCES.includes(entry.name)) await visit(join(path, entry.name));
    }
  };
  for (const path of paths) await visit(path);
  return hash.digest('hex');
}
