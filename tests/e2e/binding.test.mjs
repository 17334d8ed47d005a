// What `npm start` binds after a change is what worker-build would have made of it.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { bindAgain } from '../../scripts/lib/binding.mjs';
import { bindWorker } from '../../scripts/lib/build.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { sections } from '../../scripts/lib/wasm_sections.mjs';
import { BUILD } from './lib/stage.mjs';

const FOLDER = join('build', 'bound-twice');
/** The build that is tested, bound without being optimised, as after a change. */
const TWICE = {
  ...BUILD,
  folder: FOLDER,
  arguments: ['--profile', BUILD.profile, '--no-opt', '--out-dir', FOLDER],
  bound: join('build', 'bound-twice-kept'),
};

let again;
before(async () => {
  await bindWorker(TWICE);
  again = await mkdtemp(inRoot('build', 'bound-again-'));
});
after(() => Promise.all([TWICE.folder, TWICE.bound].map((path) => inRoot(path)).concat(again ?? []).map((path) => rm(path, { recursive: true, force: true }))));

/** Everything in a module of wasm but who produced it, which worker-build signs. */
function withoutProducers(module) {
  const kept = [...sections(module)].filter(({ name }) => name !== 'producers');
  return Buffer.concat(kept.flatMap(({ id, bytes }) => [Buffer.of(id), bytes]));
}

test('bound again, the Worker is the one that worker-build made', async () => {
  assert.equal(await bindAgain(inRoot(TWICE.bound), again), true);
  const [one, other] = await Promise.all([inRoot(FOLDER), again].map(async (folder) => ({
    script: await readFile(join(folder, 'index.js'), 'utf8'),
    wasm: withoutProducers(await readFile(join(folder, 'index_bg.wasm'))),
  })));
  assert.equal(other.script, one.script);
  assert.ok(one.wasm.length > 1_000_000 && other.wasm.equals(one.wasm));
});

test('where other names are exported, or nothing was kept, worker-build is asked', async () => {
  const bindings = inRoot(TWICE.bound, 'index.js');
  const script = await readFile(bindings, 'utf8');
  await writeFile(bindings, script.replace('export class RunObject', 'export class AnotherObject'));
  assert.equal(await bindAgain(inRoot(TWICE.bound), again), false);
  await writeFile(bindings, script);
  assert.equal(await bindAgain(inRoot(TWICE.bound), again), true);
  assert.equal(await bindAgain(join(again, 'nothing'), again), false);
});
