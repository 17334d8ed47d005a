// `npm run simulate`: runs under every crash and interleaving a seed can choose.

import { run } from './lib/processes.mjs';
import { root } from './lib/paths.mjs';
import { main } from './lib/say.mjs';

const asked = process.argv.slice(2);
const args = asked.length > 0 ? asked : ['--seeds', '10000'];

await main(async () => {
  await run('cargo', ['run', '--quiet', '--profile', 'simulation', '-p', 'onbehalf-simulation', '--', ...args], {
    cwd: root,
    what: 'The simulation',
  });
});
