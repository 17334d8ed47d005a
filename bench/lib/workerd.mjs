// workerd itself, without wrangler in front of it: wrangler's proxy costs more than some of the
// things measured here, and a start would be mostly Node's. Onbehalf and its peers run alike.

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { npmBin } from '../../scripts/lib/paths.mjs';
import { end, freePort, keep } from '../../scripts/lib/processes.mjs';
import { Failure } from '../../scripts/lib/say.mjs';

export const COMPATIBILITY_DATE = '2026-07-01';
/** How long a start may take before it counts as failed, in milliseconds. */
const PATIENCE = 60_000;

const quoted = (text) => JSON.stringify(String(text));

/** What kind of module a file is, by its name. */
function moduleKind(file) {
  if (file.endsWith('.wasm')) return 'wasm';
  if (file.endsWith('.cjs')) return 'commonJsModule';
  return 'esModule';
}

/**
 * The configuration of one Worker. `modules` are files, the first of which is the entry; `vars` are
 * text bindings; `objects` maps a binding to its class; `flags` are compatibility flags.
 */
function configuration({ modules, vars = {}, objects = {}, flags = [], port }) {
  const classes = [...new Set(Object.values(objects))];
  const list = (items) => items.map((item) => `    ${item},`).join('\n');
  const bindings = [
    ...Object.entries(vars).map(([name, text]) => `(name = ${quoted(name)}, text = ${quoted(text)})`),
    ...Object.entries(objects).map(
      ([name, of]) => `(name = ${quoted(name)}, durableObjectNamespace = ${quoted(of)})`,
    ),
  ];
  const namespaces = classes.map(
    (of) => `(className = ${quoted(of)}, uniqueKey = ${quoted(of)}, enableSql = true)`,
  );
  const files = modules.map(
    (file) => `(name = ${quoted(basename(file))}, ${moduleKind(file)} = embed ${quoted(basename(file))})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "disk", disk = (path = "objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
${list(files)}
  ],
  compatibilityDate = ${quoted(COMPATIBILITY_DATE)},
  compatibilityFlags = [${flags.map(quoted).join(', ')}],
  bindings = [
${list(bindings)}
  ],
${classes.length === 0 ? '' : `  durableObjectNamespaces = [\n${list(namespaces)}\n  ],\n  durableObjectStorage = (localDisk = "disk"),`}
);
`;
}

/** A Worker laid out in a folder of its own, ready to be started any number of times. */
export async function prepare(folder, worker) {
  await mkdir(join(folder, 'objects'), { recursive: true });
  for (const file of worker.modules) await copyFile(file, join(folder, basename(file)));
  const port = worker.port ?? (await freePort());
  await writeFile(join(folder, 'config.capnp'), configuration({ ...worker, port }), { mode: 0o600 });
  return { folder, port, url: `http://127.0.0.1:${port}` };
}

/** Starts a prepared Worker; answers as soon as `path` does, with the milliseconds that took. */
export async function start(prepared, path = '/health') {
  const began = performance.now();
  const child = keep(npmBin('workerd'), ['serve', '--experimental', 'config.capnp'], {
    cwd: prepared.folder,
    log: join(prepared.folder, 'workerd.log'),
  });
  await answers(`${prepared.url}${path}`, child);
  return { ...prepared, child, startedIn: performance.now() - began, stop: () => end(child) };
}

/** Asks without pause: a start is measured in milliseconds. */
export async function answers(url, child) {
  const until = performance.now() + PATIENCE;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Failure(`A process ended before it answered at ${url}.`);
    try {
      const answer = await fetch(url, { headers: { connection: 'close' } });
      await answer.arrayBuffer();
      if (answer.status < 500) return;
    } catch {
      // Nobody listens yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Failure(`Nothing answered at ${url} within a minute.`);
}
