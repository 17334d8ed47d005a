// `npm test`: the set-up of `npm start`, then every test there is.

import { readdir } from 'node:fs/promises';

import { buildSandbox, buildWorker } from './lib/build.mjs';
import { inRoot, npmBin, root } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { bold, main, say } from './lib/say.mjs';
import { setUp } from './lib/setup.mjs';

await main(async () => {
  say(bold('Setting up'));
  await setUp();
  await buildWorker();
  await buildSandbox();

  say(bold('\nNative tests: rules, engine, layers, sandbox'));
  await run('cargo', ['test', '--workspace', '--locked'], { cwd: root, what: 'A native test' });

  say(bold('\nEnd to end: the Worker in workerd, the sandbox beside it'));
  const files = (await readdir(inRoot('tests', 'e2e'))).filter((name) => name.endsWith('.test.mjs'));
  // Two files at a time: each brings up a stack of its own and spends most of its time waiting.
  await run(
    npmBin('node'),
    ['--test', '--test-concurrency=2', ...files.sort().map((name) => inRoot('tests', 'e2e', name))],
    { cwd: root, what: 'An end-to-end test' },
  );
});
