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
/** How an app's refusal may arrive, which no document settles: under its own status, or as 500. */
const MAPPINGS = ['server_error', 'kept'];
/** End-to-end files at a time, by mapping: each brings up a stack of its own, and spends most of its time
 *  waiting for what the apps allow. */
const FILES_AT_ONCE = { server_error: 8, kept: 3 };
/** Files with tests of the scripts at a time: they wait for processes that they start. */
const SCRIPTS_AT_ONCE = 4;
/** The files that take minutes, the longest first: begun last, they would be waited for alone. The first waits
 *  for ten of them. */
const LONGEST = ['api_key_unannounced', 'console', 'doctor', 'canaries', 'daily_run', 'engine', 'workflows', 'misconfigured', 'hostile_apps'];
/** End-to-end files whose runs depend on what apps answer: tried under both without being asked. */
const WITH_APPS = ['api', 'api_key', 'daily_run', 'engine', 'hostile_apps', 'sdk', 'survival', 'workflows'];

await main(async () => {
  const { values } = flags('npm test', {
    about: 'Runs every test: native, of the scripts, a sample of the mutations, and end to end in workerd.',
    options: {
      only: { value: 'NAME', help: 'only end-to-end files with this in their names, against the build that npm start uses: quick while you work' },
      mapping: {
        value: 'M',
        help: `how an app's refusal arrives: ${MAPPINGS.join(', ')}, or both for every end-to-end file twice; unless named, all files under the first and those that talk to apps under the second, too`,
      },
    },
  });
  if (values.mapping && ![...MAPPINGS, 'both'].includes(values.mapping)) {
    throw new Failure(`--mapping is ${MAPPINGS.join(', ')} or both, not "${values.mapping}".`);
  }
  if (values.only) return some(values.only, values.mapping);
  say(bold('Setting up'));
  await prepare({ worker: RELEASE, sandbox: true, tests: true });

  say(bold('\nNative tests: rules, engine, layers, sandbox'));
  await run('cargo', ['test', '--workspace', '--locked'], { cwd: root, what: 'A native test' });

  say(bold('\nThe scripts'));
  await node([`--test-concurrency=${SCRIPTS_AT_ONCE}`, ...(await tests('scripts'))], 'A test of the scripts');

  say(bold('\nMutations, a sample: broken on purpose, and noticed'));
  await run(npmBin('node'), [inRoot('scripts', 'mutate.mjs'), '--sample', MUTATIONS], { cwd: root, what: 'A mutation' });

  say(bold('\nEnd to end: the Worker in workerd, the sandbox beside it'));
  await endToEnd(await tests('e2e'), values.mapping);
});

/** Some end-to-end files, without waiting for a release build. */
async function some(name, mapping = MAPPINGS[0]) {
  const files = (await tests('e2e')).filter((file) => basename(file).includes(name));
  if (files.length === 0) throw new Failure(`No end-to-end file has "${name}" in its name.`);
  await prepare({ worker: LOCAL, sandbox: true });
  await endToEnd(files, mapping, { ONBEHALF_BUILD: LOCAL.profile });
}

/** End-to-end files under a mapping, under each, or as `npm test` does unless told; all at once, and what one
 *  mapping has to say after the other. */
async function endToEnd(files, mapping, env) {
  const plans = MAPPINGS.map((one) => {
    const all = [one, 'both'].includes(mapping ?? MAPPINGS[0]);
    const some = mapping === undefined ? WITH_APPS : [];
    return { one, wanted: files.filter((file) => all || some.includes(basename(file, '.test.mjs'))) };
  }).filter(({ wanted }) => wanted.length > 0);
  for (const { one, wanted } of plans) say(bold(`${wanted.length} files, an app's refusal arriving as ${one === 'kept' ? 'it is' : '500'}`));
  const said = await Promise.all(
    plans.map(({ one, wanted }, at) => {
      const args = [`--test-concurrency=${FILES_AT_ONCE[one]}`, ...longestFirst(wanted)];
      return node(args, 'An end-to-end test', { env: { ...env, ONBEHALF_MAPPING: one }, quiet: at > 0 });
    }),
  );
  for (const later of said) if (later) say(later);
}

function longestFirst(files) {
  const place = (file) => {
    const known = LONGEST.indexOf(basename(file, '.test.mjs'));
    return known < 0 ? LONGEST.length : known;
  };
  return [...files].sort((a, b) => place(a) - place(b));
}

/** The files of a folder of tests. */
async function tests(folder) {
  const files = (await readdir(inRoot('tests', folder))).filter((name) => name.endsWith('.test.mjs'));
  return files.sort().map((name) => inRoot('tests', folder, name));
}

function node(args, what, more) {
  return run(npmBin('node'), ['--test', ...args], { cwd: root, what, ...more });
}
