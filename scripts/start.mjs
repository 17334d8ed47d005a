// `npm start`: everything up on one machine, one run of each workflow shown, then at your service, with every change
// of the Worker's sources.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { LOCAL } from './lib/build.mjs';
import { Changes } from './lib/changes.mjs';
import { demo } from './lib/demo.mjs';
import { DEFAULT_PORT, DEFAULT_SANDBOX_PORT, flags, port } from './lib/flags.mjs';
import * as paths from './lib/paths.mjs';
import { DAYS, liveIn, makePast } from './lib/past.mjs';
import { prepare } from './lib/prepare.mjs';
import { assertFree, endAll } from './lib/processes.mjs';
import { begin } from './lib/progress.mjs';
import { Failure, bold, cyan, dim, main, say, yellow } from './lib/say.mjs';
import { announce } from './lib/stacks.mjs';
import { connectWebhooks, startSandbox, token } from './lib/stack.mjs';
import { Workshop } from './lib/workshop.mjs';

const USER = 'alice';
/** The lead of alice's team: decides what others' runs ask, and sees how the organization's runs end. */
const OPERATOR = 'grace';

await main(async () => {
  const { values } = flags('npm start', {
    about:
      'Brings up the Worker and a sandbox that plays everything it talks to, makes a fortnight of earlier runs, runs each workflow once, and stays up. ' +
      'A change below src/ or crates/ is built and served within seconds.',
    options: {
      port: { value: 'P', help: `the Worker's port, ${DEFAULT_PORT} unless named` },
      'sandbox-port': { value: 'Q', help: `the sandbox's port, ${DEFAULT_SANDBOX_PORT} unless named` },
      state: { value: 'DIR', help: 'folder for the data of the Durable Objects and the logs, .state unless named' },
      'no-demo': { help: 'no runs at the start, and no earlier ones' },
      'no-watch': { help: 'leave the Worker as it is when its sources change' },
    },
  });
  const workerPort = port(values.port, DEFAULT_PORT, '--port');
  const sandboxPort = port(values['sandbox-port'], DEFAULT_SANDBOX_PORT, '--sandbox-port');
  if (workerPort === sandboxPort) throw new Failure('The Worker and the sandbox need different ports.');
  await assertFree(workerPort, '--port');
  await assertFree(sandboxPort, '--sandbox-port');
  const state = resolve(values.state ?? paths.state);
  await mkdir(state, { recursive: true }).catch((error) => {
    throw new Failure(`--state ${state} cannot be used: ${error.message}.`);
  });

  // From before the build: a change that comes during it is none of it.
  const changes = values['no-watch'] ? undefined : await Changes.begin();
  let workshop;
  try {
    await prepare({ worker: LOCAL, sandbox: true });
    say(dim('Starting the sandbox and the Worker …'));
    const sandbox = await startSandbox(sandboxPort, {
      log: join(state, 'sandbox.log'),
      // The Worker keeps the provider's keys with its state, so the provider must keep them too.
      keys: join(state, 'provider-keys'),
      profile: LOCAL.sandbox,
    });
    if (!values['no-demo']) await past(sandbox, state);
    workshop = await Workshop.open(sandbox, {
      port: workerPort,
      state,
      log: join(state, 'worker.log'),
      limits: {}, // as deployed
      issuer: { roles: { claim: 'sub', account_keeper: OPERATOR } },
    });
    announce({ workerPort, sandboxPort, state });
    await connectWebhooks(sandbox, workshop.url);
    const bearer = await token(sandbox.url, USER);
    if (!values['no-demo']) {
      say(`${bold('Up')} at ${cyan(`${workshop.url}/console`)}, ${dim(`where ${USER} can sign in`)}. A run of each workflow follows.`);
      await demo(workshop.url, bearer, USER, () => ledger(sandbox));
    }

    say(`\n${bold('Up and at your service')} ${dim('(Ctrl-C ends everything)')}`);
    say(`  Console       ${cyan(`${workshop.url}/console`)}   ${dim(`sign in as ${USER}, or ${OPERATOR}, who leads the team`)}`);
    say(`  Worker        ${cyan(workshop.url)}${changes ? dim('   built anew after every change in src/ and crates/') : ''}`);
    say(`  Sandbox       ${cyan(sandbox.url)}`);
    say(`  ${USER}'s apps  ${cyan(`${sandbox.url}/crm/${USER}`)}   ${dim('HubSpot tasks and Linear comments')}`);
    say(`  API           ${cyan(`${workshop.url}/openapi.json`)}`);
    say(`  Logs          ${dim(join(state, 'worker.log'))}`);
    say(`\n  ${dim(`A bearer token for ${USER}, good for an hour; npm run token -- ${USER} for another:`)}`);
    say(`  export TOKEN=${bearer}`);
    say(`  curl -X POST -H "Authorization: Bearer $TOKEN" ${workshop.url}/api/workflows/onboarding-health/trigger`);

    await Promise.race([
      workshop.failure,
      new Promise((_, failed) => {
        sandbox.child.once('exit', (code) => failed(new Failure(`The sandbox ended by itself (exit code ${code}); its log is in ${state}.`)));
      }),
      changes ? workshop.follow(changes) : new Promise(() => {}),
    ]);
  } finally {
    changes?.end();
    workshop?.close();
    await endAll();
  }
});

/** The days before this one: made once for a folder of data, and lived by the sandbox each time, which
 *  keeps nothing. The demonstration does without them where they cannot be made. */
async function past(sandbox, state) {
  const made = join(state, 'past-made');
  if (existsSync(made)) return liveIn(sandbox);
  say(dim(`Making ${DAYS} days of earlier runs, as dry runs on those days …`));
  const progress = begin('The days before this one');
  try {
    const said = (day) => progress.say(`day ${day} of ${DAYS}`);
    await makePast(sandbox, { user: USER, state, log: join(state, 'past.log'), build: LOCAL, said });
    await writeFile(made, `${new Date().toISOString()}\n`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(`${yellow('No earlier runs:')} ${error.message} ${dim(join(state, 'past.log'))}`);
  } finally {
    progress.end();
  }
}

/** The writes that landed in the apps. */
async function ledger(sandbox) {
  const answer = await fetch(`${sandbox.url}/_sandbox/ledger?identifier=user_${USER}`);
  return answer.json();
}
