// The peers: installed from their own lockfiles, bundled where workerd runs them, started beside
// Onbehalf on the same sandbox.

import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { inRoot, npmBin } from '../../scripts/lib/paths.mjs';
import { end, firstLine, keep, run } from '../../scripts/lib/processes.mjs';
import { dim, say } from '../../scripts/lib/say.mjs';
import { answers, prepare, start } from './workerd.mjs';

const at = (peer, ...parts) => inRoot('bench', 'peers', peer, ...parts);
/** Node 22, which Mastra asks for; the machine's own may be older. */
const NODE = npmBin('node');

/** Installs a peer's packages unless they are those of its lockfile. */
export async function install(peer) {
  const wanted = await readFile(at(peer, 'package-lock.json'), 'utf8');
  const stamp = at(peer, 'node_modules', '.bench-lock');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;
  say(dim(`Installing ${peer} …`));
  await run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: at(peer),
    quiet: true,
    what: `Installing the packages of ${peer}`,
    env: { PATH: `${inRoot('node_modules', '.bin')}:${process.env.PATH}` },
  });
  await writeFile(stamp, wanted);
}

/** The version of a package a peer uses. */
export async function version(peer, name) {
  const { version: number } = JSON.parse(await readFile(at(peer, 'node_modules', name, 'package.json'), 'utf8'));
  return number;
}

function settings(sandbox) {
  return {
    SCALEKIT_ENVIRONMENT_URL: sandbox.scalekit.url,
    SCALEKIT_CLIENT_ID: sandbox.scalekit.client_id,
    SCALEKIT_CLIENT_SECRET: sandbox.scalekit.client_secret,
  };
}

/** Mastra under Node 22; `startedIn` is the time to the first answer. */
export async function startMastraNode(stage, { entry = 'node', vars = {} } = {}) {
  const began = performance.now();
  const child = keep(NODE, [at('mastra', 'src', `${entry}.mjs`)], {
    env: { ...settings(stage.sandbox), ...vars, NODE_ENV: 'production', MASTRA_TELEMETRY_DISABLED: '1' },
    log: join(stage.folder, `mastra-${entry}.log`),
    pipeStdout: true,
  });
  const { port } = JSON.parse(await firstLine(child, 'Mastra under Node'));
  child.stdout.resume();
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health`, child);
  return { url, child, startedIn: performance.now() - began, stop: () => end(child) };
}

/** One of Mastra's entries, bundled; answers its files, the entry first, and what they weigh. */
export async function bundleMastra(folder, entry = 'worker') {
  const out = join(folder, `mastra-${entry}`);
  await run(
    npmBin('esbuild'),
    [
      at('mastra', 'src', `${entry}.mjs`),
      '--bundle',
      '--minify',
      '--format=esm',
      '--platform=node',
      '--conditions=workerd,worker,import',
      '--external:cloudflare:*',
      '--loader:.wasm=copy',
      // Packages that ask for CommonJS's `require` get one made of Node's compatible modules.
      "--banner:js=import{createRequire as __require}from'node:module';const require=__require('/');",
      `--outdir=${out}`,
    ],
    { quiet: true, what: 'Bundling Mastra' },
  );
  const main = `${entry}.js`;
  const names = (await readdir(out)).filter((name) => name !== main);
  const files = [main, ...names].map((name) => join(out, name));
  return { files, ...(await weighed(files)) };
}

/** What files weigh, as they are and compressed one by one. */
export async function weighed(files) {
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const sum = (size) => contents.reduce((total, content) => total + size(content), 0);
  return {
    bytes: sum((content) => content.length),
    gzipBytes: sum((content) => gzipSync(content, { level: 9 }).length),
  };
}

/** Mastra laid out for workerd. */
export async function prepareMastraWorkerd(stage, { entry = 'worker', vars = {} } = {}) {
  const bundle = await bundleMastra(stage.folder, entry);
  const prepared = await prepare(join(stage.folder, `mastra-workerd-${entry}`), {
    modules: bundle.files,
    vars: { ...settings(stage.sandbox), ...vars },
    flags: ['nodejs_compat'],
  });
  return { ...prepared, bundle };
}

/** The bare JavaScript Worker: no work of its own. */
export function prepareBare(stage, folder = 'bare') {
  return prepare(join(stage.folder, folder), {
    modules: [at('bare', 'worker.mjs')],
    vars: settings(stage.sandbox),
  });
}

export const startBare = async (stage) => start(await prepareBare(stage));
