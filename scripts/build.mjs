// `wrangler deploy` and `wrangler dev` call this: build the Worker if its sources changed.

import { RELEASE } from './lib/build.mjs';
import { flags } from './lib/flags.mjs';
import { prepare } from './lib/prepare.mjs';
import { main } from './lib/say.mjs';

await main(async () => {
  flags('node scripts/build.mjs', { about: 'Builds the Worker as it is deployed, into build/, and its console into console/dist, if their sources changed.' });
  await prepare({ worker: RELEASE });
});
