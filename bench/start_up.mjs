// Starts: from nothing to the first answer.
//
// A start is a process: workerd begins, compiles the Worker and answers its cheapest route. What is
// workerd's own shows in the Worker with nothing in it, which is also what is taken off for "of its
// own". A new isolate in a process that runs already is spared that part, on Cloudflare too.

import { rounded, shown, spread } from './lib/numbers.mjs';
import { prepareBare, prepareMastraWorkerd, startMastraNode, install } from './lib/peers.mjs';
import { buildRustWorker } from './lib/rust_workers.mjs';
import { startTimes } from './lib/starts.mjs';
import { prepare, start } from './lib/workerd.mjs';

export const name = 'start-up';
export const title = 'Start';

const REPETITIONS = { full: 15, quick: 4 };
const TARGET_OF_PEER = 1 / 5;

export async function measure(stage, { quick, progress }) {
  await install('mastra');
  const bareRust = await prepare(`${stage.folder}/bare-rust`, { modules: await buildRustWorker('bare') });
  const bareJs = await prepareBare(stage, 'start-bare');
  const onbehalf = await stage.prepareOnbehalf('start-onbehalf');
  const mastra = await prepareMastraWorkerd(stage);
  const kinds = [
    { kind: 'bareJavaScript', shown: 'JavaScript Worker with nothing in it', begin: () => start(bareJs) },
    { kind: 'bareRust', shown: 'Rust Worker with nothing in it', begin: () => start(bareRust) },
    { kind: 'onbehalf', shown: 'Onbehalf', begin: () => start(onbehalf) },
    { kind: 'mastraWorkerd', shown: 'Mastra in workerd', begin: () => start(mastra) },
    { kind: 'mastraNode', shown: 'Mastra under Node', begin: () => startMastraNode(stage) },
  ];
  const times = await startTimes(kinds, quick ? REPETITIONS.quick : REPETITIONS.full, progress);
  const floor = spread(times.bareJavaScript).median;
  return {
    mastraBundle: { bytes: mastra.bundle.bytes, gzipBytes: mastra.bundle.gzipBytes },
    starts: kinds.map(({ kind, shown: label }) => {
      const toFirstAnswerMs = spread(times[kind]);
      return { kind, label, toFirstAnswerMs, ofItsOwnMs: rounded(toFirstAnswerMs.median - floor) };
    }),
  };
}

export function rows({ starts }) {
  return {
    header: ['Worker', 'Process to first answer', 'Of its own'],
    rows: starts.map((at) => [
      at.label,
      shown(at.toFirstAnswerMs, ' ms'),
      // What lies within the spread of an empty start is no figure.
      at.ofItsOwnMs > 0 ? `${at.ofItsOwnMs} ms` : '–',
    ]),
  };
}

export function verdicts({ starts }) {
  const of = (wanted) => starts.find(({ kind }) => kind === wanted);
  const share = of('onbehalf').toFirstAnswerMs.median / of('mastraWorkerd').toFirstAnswerMs.median;
  const own = of('onbehalf').ofItsOwnMs / of('mastraWorkerd').ofItsOwnMs;
  return [{
    target: 'a start takes less than a fifth of the peer’s in workerd',
    found: `${rounded(share)} of it with workerd’s own start in both, ${rounded(own)} without`,
    met: share < TARGET_OF_PEER,
  }];
}
