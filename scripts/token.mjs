// `npm run token -- USER`: a bearer token for a seeded user, and nothing else.

import { DEFAULT_SANDBOX_PORT, flags, port } from './lib/flags.mjs';
import { Failure, main } from './lib/say.mjs';
import { stacks } from './lib/stacks.mjs';
import { token } from './lib/stack.mjs';

await main(async () => {
  const { values, operands } = flags('npm run token', {
    about: 'Prints a bearer token for a seeded user of the sandbox that is up (alice, bob, carol …).',
    operands: ['USER'],
    options: { 'sandbox-port': { value: 'Q', help: "the sandbox's port, where several are up" } },
  });
  process.stdout.write(`${await token(await sandboxUrl(values['sandbox-port']), operands[0])}\n`);
});

/** The sandbox that was named; or else the only one there is. */
async function sandboxUrl(named) {
  if (named !== undefined) return `http://localhost:${port(named, DEFAULT_SANDBOX_PORT, '--sandbox-port')}`;
  const up = await stacks();
  if (up.length === 0) {
    throw new Failure('Nothing is up. Start it with npm start or npm run sandbox; one that was started elsewhere is named with --sandbox-port Q.');
  }
  if (up.length === 1) return `http://localhost:${up[0].sandboxPort}`;
  const each = up.map(({ sandboxPort, workerPort }) =>
    `--sandbox-port ${sandboxPort}${workerPort ? ` (its Worker has port ${workerPort})` : ' (a sandbox alone)'}`,
  );
  throw new Failure(`Several are up; say which:\n  ${each.join('\n  ')}`);
}
