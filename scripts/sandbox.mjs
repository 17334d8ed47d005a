// `npm run sandbox`: the sandbox alone. Its first line on standard output is JSON.

import { spawn } from 'node:child_process';

import { buildSandbox } from './lib/build.mjs';
import { DEFAULT_SANDBOX_PORT, flags, port } from './lib/flags.mjs';
import { sandboxBinary } from './lib/paths.mjs';
import { main } from './lib/say.mjs';

await main(async () => {
  const { values } = flags(
    { port: { type: 'string' } },
    { usage: 'npm run sandbox -- [--port Q]' },
  );
  const chosen = port(values.port, DEFAULT_SANDBOX_PORT, '--port');
  await buildSandbox();
  const child = spawn(sandboxBinary(), ['--port', String(chosen)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)));
});
