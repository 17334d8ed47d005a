// Builds the Worker (wasm and its JavaScript shell) and the sandbox, when their sources changed.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { inRoot, npmBin, root, tool, worker } from './paths.mjs';
import { run } from './processes.mjs';
import { dim, say } from './say.mjs';

const STAMP = join(worker, '.sources');
/** What the module uses. Not all features: newer encodings would be written that the platform may
 *  not read yet. */
const FEATURES = [
  'mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types',
  'exception-handling',
].map((feature) => `--enable-${feature}`);

/** Builds the Worker unless what is built came from the same sources. */
export async function buildWorker() {
  const sources = await fingerprint(['src', 'crates', 'Cargo.toml', 'Cargo.lock', '.cargo', 'scripts/lib/build.mjs']);
  if (existsSync(STAMP) && (await readFile(STAMP, 'utf8')) === sources) return false;
  say(dim('Building the Worker …'));
  await run(tool('worker-build'), ['--release'], {
    cwd: root,
    quiet: true,
    what: 'Building the Worker',
    env: {
      WASM_BINDGEN_BIN: tool('wasm-bindgen'),
      WASM_OPT_BIN: npmBin('wasm-opt'),
      ESBUILD_BIN: npmBin('esbuild'),
    },
  });
  await stripNames();
  await writeFile(STAMP, sources);
  return true;
}

/**
 * Function names are a tenth of what is downloaded, and a panic names its file and line without
 * them. `worker-build` always keeps them, so they go afterwards.
 */
async function stripNames() {
  for (const name of (await readdir(worker)).filter((file) => file.endsWith('.wasm'))) {
    const path = join(worker, name);
    const options = [...FEATURES, '--strip-debug', '--strip-producers', path, '--output', path];
    await run(npmBin('wasm-opt'), options, { quiet: true, what: 'Stripping names' });
  }
}

/** Builds the sandbox; cargo itself knows whether anything changed. */
export async function buildSandbox({ profile = 'dev' } = {}) {
  await run('cargo', ['build', '--locked', '--profile', profile, '-p', 'onbehalf-sandbox'], {
    cwd: root,
    quiet: true,
    what: 'Building the sandbox',
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
      await visit(join(path, entry.name));
    }
  };
  for (const path of paths) await visit(path);
  return hash.digest('hex');
}
