// Brings everything there that a script needs: tools, packages, the Worker, its console, the sandbox. What does
// not wait for each other is done at once; what is there already costs no time.

import { buildSandbox, buildWorker, compileWorker } from './build.mjs';
import { buildConsole } from './console.mjs';
import { endAll } from './processes.mjs';
import { dim, say } from './say.mjs';
import { npmPackages, rust, workerTools } from './setup.mjs';

/** `worker` is one of the builds of `build.mjs`; `sandbox` whether the one beside it is needed. */
export async function prepare({ worker, sandbox = false }) {
  say(dim('Preparing what is missing; the first time takes minutes …'));
  await rust();
  const compiled = async () => {
    if (sandbox) await buildSandbox({ profile: worker.sandbox });
    await compileWorker(worker);
  };
  try {
    await Promise.all([npmPackages(), workerTools(), compiled()]);
  } catch (error) {
    await endAll();
    throw error;
  }
  await buildWorker(worker);
  await buildConsole(worker);
}
