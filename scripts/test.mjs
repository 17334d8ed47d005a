// `npm test`: the set-up of `npm start`, then every test there is.

import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';

import { LOCAL, RELEASE } from './lib/build.mjs';
import { flags } from './lib/flags.mjs';
import { inRoot, npmBin, root } from './lib/paths.mjs';
import { prepare } from './lib/prepare.mjs';
import { run } from './lib/processes.mjs';
import { Failure, bold, main, say } from './lib/say.mjs';

/** Mutations that each time are tried; `npm run mutate` tries all. */
const MUTATIONS = '2';

await main(async () => {
  const { values } = flags('npm test', {
    about: 'Runs every test: native, of the scripts, a sample of the mutations, and end to end in workerd.',
    options: {
      only: { value: 'NAME', help: 'only end-to-end files with this in their names, against the build that npm start uses: quick while you work' },
    },
  });
  if (values.only) return some(values.only);
  say(bold('Setting up'));
  await prepare({ worker: RELEASE, sandbox: true });

  say(bold('\nNative tests: rules, engine, layers, sandbox'));
  await run('cargo', ['test', '--workspace', '--locked'], { cwd: root, what: 'A native test' });

  say(bold('\nThe scripts'));
  await node(await tests('scripts'), 'A test of the scripts');

  say(bold('\nMutations, a sample: broken on purpose, and noticed'));
  await run(npmBin('node'), [inRoot('scripts', 'mutate.mjs'), '--sample', MUTATIONS], { cwd: root, what: 'A mutation' });

  say(bold('\nEnd to end: the Worker in workerd, the sandbox beside it'));
  // Two files at a time: each brings up a stack of its own and spends most of its time waiting.
  await node(['--test-concurrency=2', ...(await tests('e2e'))], 'An end-to-end test');
});

/** Some end-to-end files, without waiting for a release build. */
async function some(name) {
  const files = (await tests('e2e')).filter((file) => basename(file).includes(name));
  if (files.length === 0) throw new Failure(`No end-to-end file has "${name}" in its name.`);
  await prepare({ worker: LOCAL, sandbox: true });
  await node(['--test-concurrency=2', ...files], 'An end-to-end test', { ONBEHALF_BUILD: LOCAL.profile });
}

/** The files of a folder of tests. */
async function tests(folder) {
  const files = (await readdir(inRoot('tests', folder))).filter((name) => name.endsWith('.test.mjs'));
  return files.sort().map((name) => inRoot('tests', folder, name));
}

function node(args, what, env) {
  return run(npmBin('node'), ['--test', ...args], { cwd: root, what, env });
}
