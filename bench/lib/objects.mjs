// The measured objects, started, with orders timed from outside: a Worker's own clock stands still
// while it computes.

import { join } from 'node:path';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { Failure } from '../../scripts/lib/say.mjs';
import { buildRustWorker } from './rust_workers.mjs';
import { prepare, start } from './workerd.mjs';

export async function startObjects(folder) {
  const worker = await start(
    await prepare(join(folder, 'objects-worker'), {
      modules: [inRoot('bench', 'shells', 'objects.mjs'), ...(await buildRustWorker('objects'))],
      objects: { BENCH: 'BenchObject' },
    }),
  );
  const post = async (path, body) => {
    const began = performance.now();
    const answer = await fetch(`${worker.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await answer.text();
    const ms = performance.now() - began;
    if (!answer.ok) throw new Failure(`The measured object failed: ${text}`);
    return { ms, ...JSON.parse(text) };
  };
  return {
    stop: worker.stop,
    post,
    /** One order to the object of this name. */
    order: (name, order) => post(`/order?name=${name}`, order),
  };
}
