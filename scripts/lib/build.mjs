// Builds the Worker (wasm and its JavaScript shell) and the sandbox, when their sources changed.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { inRoot, npmBin, root, tool } from './paths.mjs';
import { run } from './processes.mjs';
import { Failure } from './say.mjs';

/** What is deployed, tested and measured. `sandbox` is the cargo profile of the one beside it. */
export const RELEASE = { profile: 'release', folder: 'build', arguments: ['--release'], sandbox: 'dev' };
/** What `npm start` runs: built within seconds of a change. */
export const LOCAL = {
  profile: 'local',
  folder: join('build', 'local'),
  arguments: ['--profile', 'local', '--no-opt', '--out-dir', join('build', 'local')],
  sandbox: 'local',
};

/** What the Worker is made of. Tests are not. */
export const SOURCES = ['src', 'crates', 'build.rs', 'Cargo.toml', 'Cargo.lock', '.cargo'];
const NOT_SOURCES = ['tests', 'examples'];

/** Builds the Worker unless what is built came from the same sources. */
export async function buildWorker(build) {
  const stamp = inRoot(build.folder, '.sources');
  const sources = await fingerprint([...SOURCES, 'scripts/lib/build.mjs']);
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === sources) return;
  await compileWorker(build);
  await bindWorker(build);
  await writeFile(stamp, sources);
}

/** Compiles the Worker to wasm; cargo itself knows whether anything changed. Answers the compiler's
 *  warnings when it is told to say nothing else. */
export async function compileWorker(build, { onlyMessages = false } = {}) {
  return cargo(build, 'Compiling the Worker', onlyMessages ? ['--quiet', '--color', process.stderr.isTTY ? 'always' : 'never'] : []);
}

function cargo(build, what, more) {
  return run('cargo', ['build', '--lib', '--locked', '--profile', build.profile, '--target', 'wasm32-unknown-unknown', ...more], {
    cwd: root,
    quiet: true,
    what,
    // As worker-build says it, so that what is compiled here is what it finds.
    env: { WASM_BINDGEN_USE_JS_SYS: '1' },
  });
}

/** Where the OpenAPI document of a build lies, which has been compiled: its build script has written it. */
export async function describedApi(build) {
  const said = await cargo(build, 'Looking for the OpenAPI document', ['--quiet', '--message-format=json']);
  const messages = said.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const folders = messages.map(({ out_dir }) => out_dir).filter(Boolean);
  const document = folders.map((folder) => join(folder, 'openapi.json')).find((path) => existsSync(path));
  if (!document) throw new Failure('The build of the Worker has written no OpenAPI document.');
  return document;
}

/** Makes of the compiled wasm what workerd runs. */
export async function bindWorker(build) {
  await run(tool('worker-build'), build.arguments, {
    cwd: root,
    quiet: true,
    what: 'Building the Worker',
    env: {
      WASM_BINDGEN_BIN: tool('wasm-bindgen'),
      WASM_OPT_BIN: npmBin('wasm-opt'),
      ESBUILD_BIN: npmBin('esbuild'),
    },
  });
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
