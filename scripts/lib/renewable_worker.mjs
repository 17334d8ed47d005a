// A process of its own: the Worker in workerd as `wrangler dev` runs it, which takes in what was built
// anew when it is told to. Wrangler started once more takes a second longer than that.
//
// node renewable_worker.mjs '{"config": …, "envFile": …, "port": …, "objects": …}'

import { once } from 'node:events';

import { unstable_startWorker as startWorker } from 'wrangler';

const { config, envFile, port, objects } = JSON.parse(process.argv[2]);
const worker = await startWorker({
  config,
  env: '',
  envFiles: [envFile],
  dev: {
    remote: false,
    server: { port },
    inspector: false,
    persist: objects,
    testScheduled: true,
    watch: false, // what is built takes several files, and is wanted once all are there
  },
});

// Whoever started this is gone.
process.once('disconnect', () => process.exit());
process.on('message', async () => {
  const renewed = once(worker.raw, 'reloadComplete');
  await worker.patchConfig({});
  await renewed;
  process.send('renewed');
});
