// `npm run size`: what the built Worker weighs, against its budget. Growth beyond it has to be
// explained in `size-budget.json`, where it is seen in review.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { RELEASE } from './lib/build.mjs';
import { flags } from './lib/flags.mjs';
import { inRoot } from './lib/paths.mjs';
import { prepare } from './lib/prepare.mjs';
import { Failure, green, main, red, say, table } from './lib/say.mjs';
import { sections } from './lib/wasm_sections.mjs';

/** Names of a wasm module's sections, by the id in the binary format. */
const SECTIONS = [
  'custom', 'types', 'imports', 'functions', 'tables', 'memory', 'globals', 'exports', 'start', 'elements', 'code',
  'data', 'data count', 'tags',
];

/** The most that gzip gives; what the platform counts. */
const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;
const grouped = (number) => number.toLocaleString('en');

/** Bytes of each section of a module, and what they come to compressed by themselves. */
function weights(module) {
  const found = new Map();
  for (const { id, bytes } of sections(module)) {
    const name = SECTIONS[id] ?? `section ${id}`;
    const [raw, packed] = found.get(name) ?? [0, 0];
    found.set(name, [raw + bytes.length, packed + gzip(bytes)]);
  }
  return found;
}

await main(async () => {
  flags('npm run size', { about: 'Says what the Worker weighs, by section, and holds it against size-budget.json.' });
  await prepare({ worker: RELEASE });
  const worker = inRoot(RELEASE.folder);
  const files = await readdir(worker);
  const read = async (ending) => {
    const names = files.filter((name) => name.endsWith(ending));
    return Buffer.concat(await Promise.all(names.map((name) => readFile(join(worker, name)))));
  };
  const [wasm, js] = [await read('.wasm'), await read('.js')];

  const rows = [...weights(wasm)].sort(([, a], [, b]) => b[0] - a[0]);
  for (const line of table(
    ['Section', 'Bytes', 'gzip'],
    rows.map(([name, [raw, packed]]) => [name, grouped(raw), grouped(packed)]),
  )) say(`  ${line}`);

  const found = { wasmGzip: gzip(wasm), wasm: wasm.length, jsGzip: gzip(js) };
  const budget = JSON.parse(await readFile(inRoot('size-budget.json'), 'utf8'));
  say('');
  for (const line of table(
    ['', 'Found', 'Budget', ''],
    Object.entries(budget).map(([name, { limit }]) => [
      name, grouped(found[name]), grouped(limit), found[name] > limit ? red('over') : green('inside'),
    ]),
  )) say(`  ${line}`);
  const over = Object.keys(budget).filter((name) => found[name] > budget[name].limit);
  if (over.length > 0) {
    throw new Failure(`Over budget: ${over.join(', ')}. Find out why; raise the limit in size-budget.json only with the reason.`);
  }
});
