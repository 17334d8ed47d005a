// The Rust Workers that exist only to be measured (bench/rust), built when their sources changed.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

import { fingerprint } from '../../scripts/lib/build.mjs';
import { inRoot, npmBin, tool } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/processes.mjs';
import { dim, say } from '../../scripts/lib/say.mjs';

const SOURCES = {
  bare: ['bench/rust/bare/src'],
  objects: ['bench/rust/objects/src', 'src', 'crates', 'Cargo.toml'],
};

/** Builds one of them; answers its modules, the entry first. */
export async function buildRustWorker(crate) {
  const folder = inRoot('bench', 'rust', crate);
  const stamp = `${folder}/build/.sources`;
  const common = ['bench/rust/Cargo.toml', 'bench/rust/Cargo.lock', `bench/rust/${crate}/Cargo.toml`];
  const sources = await fingerprint([...common, ...SOURCES[crate]]);
  if (!existsSync(stamp) || (await readFile(stamp, 'utf8')) !== sources) {
    say(dim(`Building bench/rust/${crate} …`));
    await run(tool('worker-build'), ['--release'], {
      cwd: folder,
      quiet: true,
      what: `Building bench/rust/${crate}`,
      env: {
        WASM_BINDGEN_BIN: tool('wasm-bindgen'),
        WASM_OPT_BIN: npmBin('wasm-opt'),
        ESBUILD_BIN: npmBin('esbuild'),
      },
    });
    await writeFile(stamp, sources);
  }
  return [`${folder}/build/index.js`, `${folder}/build/index_bg.wasm`];
}
