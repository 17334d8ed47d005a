// Brings everything there that a script needs: tools, packages, the Worker, its console, the sandbox. What does
// not wait for each other is done at once; what is there already costs no time.

import { buildSandbox, buildTests, buildWorker, compileWorker } from './build.mjs';
import { buildConsole } from './console.mjs';
import { endAll } from './processes.mjs';
import { dim, say } from './say.mjs';
import { npmPackages, rust, workerTools } from './setup.mjs';

/** `worker` is one of the builds of `build.mjs`; `sandbox` whether the one beside it is needed, and `tests`
 *  whether the native tests are. */
export async function prepare({ worker, sandbox = false, tests = false }) {
  say(dim('Preparing what is missing; the first time takes minutes …'));
  await rust();
  const tools = Promise.all([npmPackages(), workerTools()]);
  // Optimising the Worker keeps one processor busy for minutes, and the other is there for these.
  const beside = sandbox && buildSandbox({ profile: worker.sandbox });
  const native = async () => {
    await beside;
    if (tests) await buildTests();
  };
  const site = async () => {
    // In one folder of cargo's, the one would wait for the other.
    if (worker.sandbox === worker.profile) await beside;
    await compileWorker(worker);
    await tools;
    await buildWorker(worker);
    await buildConsole(worker);
  };
  try {
    await Promise.all([tools, native(), site()]);
  } catch (error) {
    await endAll();
    throw error;
  }
}
