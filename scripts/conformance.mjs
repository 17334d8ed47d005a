// `npm run conformance`: the OpenAPI document against the running Worker, with Schemathesis and
// every check that fits (conformance.toml). `-- --examples 200` for more cases of each operation, `-- --seed 7` for
// others.

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RELEASE } from './lib/build.mjs';
import { flags } from './lib/flags.mjs';
import { inRoot, tools } from './lib/paths.mjs';
import { prepare } from './lib/prepare.mjs';
import { endAll, freePort, run } from './lib/processes.mjs';
import { Failure, bold, main, say } from './lib/say.mjs';
import { connectWebhooks, startSandbox, startWorker, token } from './lib/stack.mjs';

const SCHEMATHESIS = '4.32.5';
/** Somebody with all apps and few customers: the runs that are started end soon. */
const USER = 'dave';

/** Schemathesis in a Python environment of its own; answers its command. */
async function schemathesis() {
  const environment = join(tools, `schemathesis-${SCHEMATHESIS}`);
  const command = join(environment, 'bin', 'schemathesis');
  if (existsSync(command)) return command;
  await run('python3', ['-m', 'venv', environment], { quiet: true, what: 'Making a Python environment' });
  await run(join(environment, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${SCHEMATHESIS}`], {
    quiet: true,
    what: 'Installing schemathesis',
  }).catch(async (error) => {
    await rm(environment, { recursive: true, force: true });
    throw new Failure(error.message);
  });
  return command;
}

await main(async () => {
  const { values } = flags('npm run conformance', {
    about: 'Holds the OpenAPI document against the running Worker, with Schemathesis and every check that fits.',
    options: {
      examples: { value: 'N', help: 'cases of each operation', default: '100' },
      seed: { value: 'S', help: 'another seed, other cases', default: '1' },
    },
  });
  say(bold('Setting up'));
  await prepare({ worker: RELEASE, sandbox: true });
  const command = await schemathesis();
  const state = await mkdtemp(join(tmpdir(), 'onbehalf-conformance-'));
  try {
    const sandbox = await startSandbox(await freePort());
    const worker = await startWorker(sandbox, { port: await freePort(), state, log: join(state, 'worker.log') });
    await connectWebhooks(sandbox, worker.url);
    const bearer = await token(sandbox.url, USER);
    say(bold(`\nThe document against the Worker: seed ${values.seed}, up to ${values.examples} cases each`));
    await run(
      command,
      [
        '--config-file', inRoot('scripts', 'conformance.toml'),
        'run', `${worker.url}/openapi.json`,
        '--phases', 'examples,coverage,fuzzing,stateful',
        '--max-examples', values.examples,
        '--seed', values.seed,
        '--header', `Authorization: Bearer ${bearer}`,
        '--continue-on-failure',
        '--max-redirects', '0',
        '--request-timeout', '30',
      ],
      { cwd: state, what: 'The conformance test' },
    );
  } finally {
    await endAll();
    await rm(state, { recursive: true, force: true });
  }
});
