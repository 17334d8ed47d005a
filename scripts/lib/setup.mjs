// Installs what the project needs and is not there: wasm target, pinned tools, npm packages.
// Everything goes into the project's own folders; a second call finds it done and does nothing.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { inRoot, root, tool, tools } from './paths.mjs';
import { run } from './processes.mjs';
import { Failure, dim, say } from './say.mjs';

const WORKER_BUILD = '0.8.7';
/** The same version as `wasm-bindgen` in Cargo.toml: crate and tool must agree to the letter. */
const WASM_BINDGEN = '0.2.129';

export async function setUp() {
  await rust();
  await npmPackages();
  await cargoTool('worker-build', WORKER_BUILD, 'worker-build');
  await cargoTool('wasm-bindgen-cli', WASM_BINDGEN, 'wasm-bindgen');
}

async function rust() {
  for (const [command, advice] of [
    ['rustup', 'Install Rust with rustup (rustup.rs) and try again.'],
    ['cargo', 'Install Rust with rustup (rustup.rs) and try again.'],
  ]) {
    await run(command, ['--version'], { quiet: true }).catch(() => {
      throw new Failure(`${command} was not found. ${advice}`);
    });
  }
  const installed = await run('rustup', ['target', 'list', '--installed'], { quiet: true });
  if (installed.includes('wasm32-unknown-unknown')) return;
  say(dim('Installing the wasm32-unknown-unknown target …'));
  await run('rustup', ['target', 'add', 'wasm32-unknown-unknown'], {
    quiet: true,
    what: 'Installing the wasm target',
  });
}

async function npmPackages() {
  const lock = await readFile(inRoot('package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = inRoot('node_modules', '.onbehalf-lock');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;
  say(dim('Installing npm packages …'));
  // Not `npm ci`: it refuses a lockfile made on a platform whose registry has no packages for the
  // others. `--no-save` keeps to the versions in the lockfile and leaves it as it is.
  await run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    quiet: true,
    what: 'Installing npm packages',
  });
  await writeFile(stamp, wanted);
}

async function cargoTool(crate, version, binary) {
  const installed = existsSync(tool(binary))
    ? await run(tool(binary), ['--version'], { quiet: true }).catch(() => '')
    : '';
  if (installed.includes(version)) return;
  await mkdir(tools, { recursive: true });
  say(dim(`Building ${crate} ${version} (once, some minutes) …`));
  await run(
    'cargo',
    ['install', crate, '--version', version, '--locked', '--root', tools],
    // One target folder for both tools: they share most of their dependencies.
    { cwd: tools, quiet: true, what: `Installing ${crate}`, env: { CARGO_TARGET_DIR: `${tools}/target` } },
  );
}
