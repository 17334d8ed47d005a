// `npm run simulate`: runs under every crash and interleaving a seed can choose.

import { count, flags } from './lib/flags.mjs';
import { run } from './lib/processes.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/say.mjs';

const SEEDS = '10000';
/** Flags that are numbers, and the least of each: a slip is said before minutes of compiling. */
const NUMBERS = { seeds: 1, from: 0, seed: 0 };

await main(async () => {
  const { values } = flags('npm run simulate', {
    about: "Runs all objects and the workflow against the sandbox's world in process, under the crashes, faults and interleavings that a seed chooses, and compares what runs claim with what landed.",
    options: {
      seeds: { value: 'N', help: `how many seeds, ${SEEDS} unless named` },
      from: { value: 'S', help: 'the first seed, 0 unless named' },
      all: { help: 'go on after a seed that breaks a rule' },
      summary: { value: 'FILE', help: 'keep what they came to so far in a file, anew every 1,000 seeds' },
      seed: { value: 'S', help: 'one seed alone, with everything that happens' },
      matrix: { help: 'a crash at every point of one run instead' },
    },
  });
  for (const [name, least] of Object.entries(NUMBERS)) {
    if (values[name] !== undefined) count(values[name], `--${name}`, least);
  }
  const args = Object.entries(values).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]));
  if (!values.seed && !values.matrix && !values.seeds) args.push('--seeds', SEEDS);
  await run('cargo', ['run', '--quiet', '--profile', 'simulation', '-p', 'onbehalf-simulation', '--', ...args], {
    cwd: root,
    what: 'The simulation',
  });
});
