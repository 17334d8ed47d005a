// Installs what the project needs and is not there: wasm target, pinned tools, npm packages.
// Everything goes into the project's own folders; a second call finds it done and does nothing.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { alone } from './alone.mjs';
import { root, tool, tools } from './paths.mjs';
import { run } from './processes.mjs';
import { downloaded } from './prebuilt.mjs';
import { Failure } from './say.mjs';

const WORKER_BUILD = '0.8.7';
/** The same version as `wasm-bindgen` in Cargo.toml: crate and tool must agree to the letter. */
const WASM_BINDGEN = '0.2.129';

/** `cargo install` without optimisation: the tools do seconds of work, and would take minutes to
 *  optimise. Where they spend those seconds, it pays with every change of the Worker. */
const QUICK_TO_BUILD = ['--debug'];
const READS_AND_WRITES_WASM = [
  'walrus', 'wasmparser', 'wasm-encoder', 'wasm-bindgen-cli-support', 'id-arena', 'leb128fmt', 'hashbrown', 'gimli',
].flatMap((name) => ['--config', `profile.dev.package.${name}.opt-level=2`]);

/** Its runner of tests would, and brings TLS along. */
const ASKS_NO_NETWORK = ['--no-default-features'];

/** What makes a Worker of Rust. */
export async function workerTools() {
  await wasmBindgen();
  await cargoTool('worker-build', WORKER_BUILD, { arguments: QUICK_TO_BUILD });
}

async function wasmBindgen() {
  if (await isInstalled('wasm-bindgen', WASM_BINDGEN)) return;
  if (await downloaded(WASM_BINDGEN)) return;
  await cargoTool('wasm-bindgen-cli', WASM_BINDGEN, {
    binary: 'wasm-bindgen',
    arguments: [...QUICK_TO_BUILD, ...READS_AND_WRITES_WASM, ...ASKS_NO_NETWORK],
  });
}

export async function rust() {
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
  await run('rustup', ['target', 'add', 'wasm32-unknown-unknown'], {
    quiet: true,
    what: 'Installing the wasm target',
  });
}

/** The packages of a folder with a lockfile of its own, or of the project. */
export async function npmPackages(folder = root) {
  const lock = await readFile(join(folder, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(folder, 'node_modules', '.onbehalf-lock');
  const isDone = async () => existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
  if (await isDone()) return;
  // Test files run side by side, and two of them may need the same folder.
  await alone(join(folder, '.installing'), async () => {
    if (await isDone()) return;
    await install(folder);
    await writeFile(stamp, wanted);
  });
}

async function install(folder) {
  // Not `npm ci`: it refuses a lockfile made on a platform whose registry has no packages for the
  // others. `--no-save` keeps to the versions in the lockfile and leaves it as it is.
  await run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    quiet: true,
    what: 'Installing npm packages',
  });
}

async function isInstalled(binary, version) {
  if (!existsSync(tool(binary))) return false;
  const said = await run(tool(binary), ['--version'], { quiet: true }).catch(() => '');
  return said.includes(version);
}

/** Installs a program with cargo below `.tools`, unless it is there in this version. */
export async function cargoTool(crate, version, { binary = crate, arguments: more = [] } = {}) {
  if (await isInstalled(binary, version)) return;
  await mkdir(tools, { recursive: true });
  await run(
    'cargo',
    ['install', crate, '--version', version, '--locked', '--bin', binary, '--root', tools, ...more],
    {
      cwd: tools,
      quiet: true,
      what: `Building ${crate}`,
      env: {
        // One target folder for all tools: they share most of their dependencies.
        CARGO_TARGET_DIR: `${tools}/target`,
        // Nobody debugs them, and writing it takes a third of the time.
        CARGO_PROFILE_DEV_DEBUG: 'false',
        // What is checked there is their authors' business, and takes a fifth of the time.
        CARGO_PROFILE_DEV_DEBUG_ASSERTIONS: 'false',
        CARGO_PROFILE_DEV_OVERFLOW_CHECKS: 'false',
      },
    },
  );
}
