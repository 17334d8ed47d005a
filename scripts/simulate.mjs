// `npm run simulate`: runs under every crash and interleaving a seed can choose.

import { flags } from './lib/flags.mjs';
import { run } from './lib/processes.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/say.mjs';

const SEEDS = '10000';

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
  const args = Object.entries(values).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]));
  if (!values.seed && !values.matrix && !values.seeds) args.push('--seeds', SEEDS);
  await run('cargo', ['run', '--quiet', '--profile', 'simulation', '-p', 'onbehalf-simulation', '--', ...args], {
    cwd: root,
    what: 'The simulation',
  });
});
