// `npm run token -- USER`: a bearer token for a seeded user, and nothing else.

import { DEFAULT_SANDBOX_PORT, flags, port } from './lib/flags.mjs';
import { Failure, main } from './lib/say.mjs';
import { token } from './lib/stack.mjs';

await main(async () => {
  const usage = 'npm run token -- USER [--sandbox-port Q]';
  const { values, positionals } = flags(
    { 'sandbox-port': { type: 'string' } },
    { positionals: true, usage },
  );
  if (positionals.length !== 1) throw new Failure(`Name one user. Usage: ${usage}`);
  const sandboxPort = port(values['sandbox-port'], DEFAULT_SANDBOX_PORT, '--sandbox-port');
  process.stdout.write(`${await token(`http://localhost:${sandboxPort}`, positionals[0])}\n`);
});
