// `npm start`: everything up on one machine, one run shown, then at your service.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { buildSandbox, buildWorker } from './lib/build.mjs';
import { demo } from './lib/demo.mjs';
import { DEFAULT_PORT, DEFAULT_SANDBOX_PORT, flags, port } from './lib/flags.mjs';
import { inRoot } from './lib/paths.mjs';
import { assertFree, endAll, endOnSignals } from './lib/processes.mjs';
import { Failure, bold, cyan, dim, main, say } from './lib/say.mjs';
import { setUp } from './lib/setup.mjs';
import { connectWebhooks, startSandbox, startWorker, token } from './lib/stack.mjs';

const USER = 'alice';
const USAGE = 'npm start -- [--port P] [--sandbox-port Q] [--state DIR] [--no-demo]';

await main(async () => {
  const { values } = flags(
    {
      port: { type: 'string' },
      'sandbox-port': { type: 'string' },
      state: { type: 'string' },
      'no-demo': { type: 'boolean' },
    },
    { usage: USAGE },
  );
  const workerPort = port(values.port, DEFAULT_PORT, '--port');
  const sandboxPort = port(values['sandbox-port'], DEFAULT_SANDBOX_PORT, '--sandbox-port');
  if (workerPort === sandboxPort) throw new Failure('The Worker and the sandbox need different ports.');
  await assertFree(workerPort, '--port');
  await assertFree(sandboxPort, '--sandbox-port');
  const state = resolve(values.state ?? inRoot('.state'));
  await mkdir(state, { recursive: true }).catch((error) => {
    throw new Failure(`--state ${state} cannot be used: ${error.message}.`);
  });

  await setUp();
  await buildWorker();
  await buildSandbox();

  endOnSignals();
  try {
    say(dim('Starting the sandbox and the Worker …'));
    const sandbox = await startSandbox(sandboxPort, {
      log: join(state, 'sandbox.log'),
      // The Worker keeps the provider's keys with its state, so the provider must keep them too.
      keys: join(state, 'provider-keys'),
    });
    const worker = await startWorker(sandbox, {
      port: workerPort,
      state,
      log: join(state, 'worker.log'),
      limits: {}, // as deployed
    });
    await connectWebhooks(sandbox, worker.url);
    const bearer = await token(sandbox.url, USER);
    if (!values['no-demo']) await demo(worker.url, bearer, USER);

    say(`\n${bold('Up and at your service')} ${dim('(Ctrl-C ends everything)')}`);
    say(`  Worker        ${cyan(worker.url)}`);
    say(`  Sandbox       ${cyan(sandbox.url)}`);
    say(`  ${USER}'s apps  ${cyan(`${sandbox.url}/crm/${USER}`)}   ${dim('HubSpot tasks and Linear comments')}`);
    say(`  API           ${cyan(`${worker.url}/openapi.json`)}`);
    say(`  Logs          ${dim(join(state, 'worker.log'))}`);
    say(`\n  ${dim(`A bearer token for ${USER}, good for an hour:`)}`);
    say(`  export TOKEN=${bearer}`);
    say(`  curl -X POST -H "Authorization: Bearer $TOKEN" ${worker.url}/api/workflows/onboarding-health/trigger`);

    const [what, code] = await Promise.race([
      new Promise((ended) => worker.child.once('exit', (status) => ended(['Worker', status]))),
      new Promise((ended) => sandbox.child.once('exit', (status) => ended(['sandbox', status]))),
    ]);
    throw new Failure(`The ${what} ended by itself (exit code ${code}); its log is in ${state}.`);
  } finally {
    await endAll();
  }
});
