// wasm-bindgen as its own project publishes it, so that nobody has to compile it. Owns that nothing
// is lost where that cannot be had: whatever goes wrong, the answer is no, and it is built instead.

import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { tools } from './paths.mjs';
import { run } from './processes.mjs';

const RELEASES = 'https://github.com/wasm-bindgen/wasm-bindgen/releases/download';
/** A network that has them answers at once. */
const ANSWER_WITHIN_MS = 5_000;
const COMPLETE_WITHIN_MS = 60_000;

/** The names under which its releases know machines. Elsewhere it is built. */
const MACHINES = {
  'linux x64': 'x86_64-unknown-linux-musl',
  'linux arm64': 'aarch64-unknown-linux-musl',
  'darwin x64': 'x86_64-apple-darwin',
  'darwin arm64': 'aarch64-apple-darwin',
};

/** Puts this version into `folder`, if its releases can be reached; says whether it did. */
export async function downloaded(version, { from = RELEASES, folder = join(tools, 'bin') } = {}) {
  const machine = MACHINES[`${process.platform} ${process.arch}`];
  if (!machine) return false;
  const name = `wasm-bindgen-${version}-${machine}`;
  await mkdir(folder, { recursive: true });
  // Beside where it goes, so that it can be moved there in one step.
  const scratch = await mkdtemp(join(folder, '.download-'));
  try {
    const archive = join(scratch, 'archive.tar.gz');
    await writeFile(archive, await bytes(`${from}/${version}/${name}.tar.gz`));
    await run('tar', ['-xzf', archive, '-C', scratch], { quiet: true });
    const program = join(scratch, name, 'wasm-bindgen');
    await chmod(program, 0o755);
    const said = await run(program, ['--version'], { quiet: true });
    if (!said.includes(version)) return false;
    await rename(program, join(folder, 'wasm-bindgen'));
    return true;
  } catch {
    return false;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function bytes(url) {
  const stop = new AbortController();
  const patience = setTimeout(() => stop.abort(), ANSWER_WITHIN_MS);
  const answer = await fetch(url, { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(COMPLETE_WITHIN_MS)]) });
  clearTimeout(patience);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
