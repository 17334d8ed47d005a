// `wrangler deploy` and `wrangler dev` call this: build the Worker if its sources changed.

import { buildWorker } from './lib/build.mjs';
import { setUp } from './lib/setup.mjs';
import { main } from './lib/say.mjs';

await main(async () => {
  await setUp();
  await buildWorker();
});
