// `npm run sandbox`: the sandbox alone. Its first line on standard output is JSON.

import { LOCAL, buildSandbox } from './lib/build.mjs';
import { DEFAULT_SANDBOX_PORT, flags, port } from './lib/flags.mjs';
import { sandboxBinary } from './lib/paths.mjs';
import { assertFree, keep } from './lib/processes.mjs';
import { main } from './lib/say.mjs';
import { announce } from './lib/stacks.mjs';

await main(async () => {
  const { values } = flags('npm run sandbox', {
    about: 'Starts the sandbox alone: identity provider, Scalekit and the apps. Its first line is JSON that says where everything is.',
    options: {
      port: { value: 'Q', help: `its port, ${DEFAULT_SANDBOX_PORT} unless named` },
      manners: { value: 'M', help: 'how its world differs from the strict one: JSON with settings', default: '{}' },
    },
  });
  const sandboxPort = port(values.port, DEFAULT_SANDBOX_PORT, '--port');
  await assertFree(sandboxPort, '--port');
  await buildSandbox({ profile: LOCAL.sandbox });
  const child = keep(sandboxBinary(LOCAL.sandbox), ['--port', String(sandboxPort), '--manners', values.manners], { inherit: true });
  announce({ sandboxPort });
  process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)));
});
