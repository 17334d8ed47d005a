// `npm run bench`: takes the figures that matter to a user, prints them, keeps them as JSON, and
// brings the README's table and the plot up to date with them.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MEASUREMENTS } from '../bench/measurements.mjs';
import { surroundings } from '../bench/lib/machine.mjs';
import { publish } from '../bench/lib/publish.mjs';
import { Stage } from '../bench/lib/stage.mjs';
import { folders, syncMs } from '../bench/lib/storage.mjs';
import { RELEASE } from './lib/build.mjs';
import { flags } from './lib/flags.mjs';
import { inRoot } from './lib/paths.mjs';
import { prepare } from './lib/prepare.mjs';
import { endAll } from './lib/processes.mjs';
import { Failure, bold, dim, green, main, say, table, yellow } from './lib/say.mjs';

const NAMES = MEASUREMENTS.map(({ name }) => name);

/** Without a terminal, a line at most so often, in milliseconds. */
const LINES_APART = 10_000;
let lastLine = 0;

await main(async () => {
  const { values } = flags('npm run bench', {
    about: 'Takes the figures that matter to a user, prints them, keeps them, and brings the README up to date.',
    options: {
      only: { value: 'NAMES', help: `some of them, separated by commas: ${NAMES.join(', ')}` },
      quick: { help: 'a short pass: whether the bench works, not what the figures are' },
      'publish-only': { help: 'only bring the README up to date with the figures there are' },
    },
  });
  if (values['publish-only']) return publish();
  const wanted = values.only?.split(',') ?? NAMES;
  const unknown = wanted.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new Failure(`There is no measurement ${unknown.join(', ')}. There are ${NAMES.join(', ')}.`);
  const possible = MEASUREMENTS.filter((it) => wanted.includes(it.name) && isPossible(it, values.only !== undefined));
  await prepare({ worker: RELEASE });
  for (const measurement of possible) await take(measurement, values.quick ?? false);
  // A short pass says whether the bench works, not what the figures are.
  if (!values.quick) await publish();
});

/** Whether this machine has what a measurement needs. One that was asked for by name has to be taken;
 *  of all of them, it is left out. */
function isPossible({ name, missing }, named) {
  const what = missing?.();
  if (!what) return true;
  if (named) throw new Failure(`${name} needs ${what}.`);
  say(yellow(`${name} is left out: it needs ${what}.`));
  return false;
}

/** One measurement, on processes and storage of its own. */
async function take(measurement, quick) {
  const places = await folders();
  const began = Date.now();
  say(`\n${bold(measurement.title)}`);
  try {
    const around = {
      ...surroundings(),
      syncMs: { memory: await syncMs(places.memory), disk: await syncMs(places.disk) },
    };
    const stage = await Stage.up(places);
    const figures = await measurement.measure(stage, { quick, progress });
    progress();
    const file = await keep(measurement.name, { measurement: measurement.name, quick, ...around, figures });
    const { header, rows } = measurement.rows(figures);
    for (const line of table(header, rows)) say(`  ${line}`);
    for (const { target, found, met } of measurement.verdicts(figures)) {
      say(`  ${met ? green('met   ') : yellow('missed')} ${target}: ${found}`);
    }
    say(dim(`  ${Math.round((Date.now() - began) / 1000)} s, load ${around.loadAverage[0]}, ${file}`));
  } finally {
    await endAll();
    await places.remove();
  }
}

/** What is being done now, on one line that the next one overwrites. */
function progress(text = '') {
  if (process.stdout.isTTY) {
    process.stdout.write(`\r\u001b[K${dim(text)}`);
  } else if (text && Date.now() - lastLine > LINES_APART) {
    lastLine = Date.now();
    say(dim(`  ${text}`));
  }
}

/** Writes a result where the next publication finds it; a short pass goes where git does not look. */
async function keep(name, result) {
  const folder = result.quick ? inRoot('bench', 'results', 'quick') : inRoot('bench', 'results');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.date.slice(0, 10)}-${name}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 1)}\n`);
  return path.slice(inRoot().length + 1);
}
