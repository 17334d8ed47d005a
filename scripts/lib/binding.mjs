// Binds a Worker that worker-build has bound before. Worker-build asks cargo, rustc and itself everything
// anew, and ends on a whole second; what depends on the change is wasm-bindgen and the bundle alone.
//
// Owns that this is never something of our own: both are called exactly as worker-build called them
// (`bound_as.mjs` has kept that), with the shim that it wrote. Where another shim may be needed, because other
// names are exported, the answer is no, and worker-build is asked.

import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { inRoot, npmBin, tool } from './paths.mjs';
import { run } from './processes.mjs';
import { Failure } from './say.mjs';

/** The environment in which worker-build's calls are kept in `folder`. */
export async function watchedBy(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const keeper = inRoot('scripts', 'lib', 'bound_as.mjs');
  return { WASM_BINDGEN_BIN: keeper, ESBUILD_BIN: keeper, ONBEHALF_BOUND: folder, ONBEHALF_TOOLS: JSON.stringify([tool('wasm-bindgen'), npmBin('esbuild')]) };
}

/** Binds what is compiled now as was kept in `kept`, into `folder`; says whether that could be. */
export async function bindAgain(kept, folder) {
  const scratch = join(kept, 'scratch');
  try {
    const [bind, bundle] = await Promise.all(['bind', 'bundle'].map(async (name) => JSON.parse(await readFile(join(kept, `${name}.json`), 'utf8'))));
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch);
    const into = bind[bind.indexOf('--out-dir') + 1];
    await run(tool('wasm-bindgen'), bind.map((argument) => (argument === into ? scratch : argument)), { quiet: true, what: 'Binding the Worker' });
    const [now, before] = await Promise.all([scratch, kept].map(async (at) => exportsOf(await readFile(join(at, 'index.js'), 'utf8'))));
    if (now !== before) return false;
    await copyFile(join(kept, 'shim.js'), join(scratch, 'shim.js'));
    await run(npmBin('esbuild'), bundle, { cwd: scratch, quiet: true, what: 'Bundling the Worker' });
    // workerd knows modules of wasm by their name, and not yet by these words.
    const script = await readFile(join(scratch, 'index.js'), 'utf8');
    await writeFile(join(scratch, 'index.js'), script.replaceAll('import source ', 'import '));
    for (const name of ['index_bg.wasm', 'index.js']) await rename(join(scratch, name), join(folder, name));
    return true;
  } catch (error) {
    if (error instanceof Failure || error.code === 'ENOENT') return false;
    throw error;
  }
}

/** What a module exports, in the words in which it says so. */
function exportsOf(script) {
  return script.split('\n').filter((line) => line.startsWith('export ')).map((line) => line.split('(')[0]).sort().join('\n');
}
