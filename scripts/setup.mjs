// `npm run setup`: leads through a first deployment, and through any later one: asks for what is
// missing, makes the random secrets, writes variables, deploys, puts the secrets, and looks at what
// came of it. What is there already is kept.

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { askFor } from './lib/deploying/ask.mjs';
import { wrongWith } from './lib/deploying/checks.mjs';
import { planned } from './lib/deploying/plan.mjs';
import { line } from './lib/deploying/terminal.mjs';
import { withVars } from './lib/deploying/toml_vars.mjs';
import { Wrangler } from './lib/deploying/wrangler.mjs';
import { examine } from './lib/doctor/examine.mjs';
import { WRONG } from './lib/doctor/findings.mjs';
import { entriesOf } from './lib/doctor/issuers.mjs';
import { report } from './lib/doctor/report.mjs';
import { CONNECT_CALLBACK, WEBHOOKS, callbackOf } from './lib/doctor/sign_in.mjs';
import { visit } from './lib/doctor/visit.mjs';
import { readLines } from './lib/env_file.mjs';
import { flags } from './lib/flags.mjs';
import { Failure, bold, cyan, dim, green, main, say, yellow } from './lib/say.mjs';
import { SETTINGS, varsTable } from './lib/settings.mjs';
import { CONFIGURATION, readConfiguration } from './lib/wrangler_vars.mjs';

/** As the README asks for it: 32 random bytes as text. */
const SECRET_BYTES = 32;
/** A new deployment, and then its secrets, are everywhere within seconds. */
const SETTLED_MS = 60_000;
const LOOK_EVERY_MS = 2_000;

await main(async () => {
  const { values } = flags('npm run setup', {
    about:
      'Leads through a deployment: asks for what /health would name, makes the random secrets, writes variables into ' +
      'wrangler.toml, deploys, puts the secrets with wrangler, and has the doctor look at it. Can be repeated: what is ' +
      'there is kept. No secret is shown, kept in a file or handed over on a command line.',
    options: {
      env: { value: 'NAME', help: 'the environment of wrangler.toml, such as staging; production unless named' },
      answers: { value: 'FILE', help: 'answers as lines of NAME=value, for CI: nothing is asked then; - for standard input. A name given here replaces what is there' },
      config: { value: 'FILE', help: 'the configuration that is read and written; wrangler.toml unless named' },
      'dry-run': { help: 'show what would be done, and do nothing' },
      'no-doctor': { help: 'do not look at the deployment afterwards' },
    },
  });
  const environment = values.env ?? '';
  const config = resolve(values.config ?? CONFIGURATION);
  const configuration = await readConfiguration(environment, config);

  let answers = values.answers ? await given(values.answers) : {};
  const wrangler = new Wrangler(environment, config);
  const there = { vars: configuration.vars, secrets: await wrangler.secrets() };
  let plan = planned({ ...there, answers });
  if (!values.answers && !values['dry-run']) {
    answers = await asked(plan);
    plan = planned({ ...there, answers });
  }
  const made = Object.fromEntries(plan.make.map((name) => [name, randomBytes(SECRET_BYTES).toString('hex')]));
  const secrets = { ...made, ...plan.put };
  show(plan, configuration.name, environment, wrangler);
  if (values['dry-run']) {
    for (const name of plan.ask) say(`  ${yellow('?')} ${name} ${dim(`would be asked for: ${SETTINGS[name].form}`)}`);
    return;
  }
  if (plan.ask.length > 0) throw new Failure(`There is no answer for ${plan.ask.join(', ')}, and it has to be there.`);

  if (!values.answers && process.stdin.isTTY) {
    say(dim('\nEnter does all of this; Ctrl-C leaves everything as it is.'));
    await line();
  }

  await write(config, environment, plan.write, configuration.vars);
  await wrangler.deploy();
  if (Object.keys(secrets).length > 0) await wrangler.put(secrets);
  const settings = { ...configuration.vars, ...plan.write, ...secrets };
  register(settings);
  if (!values['no-doctor']) await look(settings, environment, configuration);
});

/** The answers of a file, or of standard input, each of which has to be a setting and to look good. */
async function given(file) {
  const answers = await readLines(file, '--answers');
  for (const [name, value] of Object.entries(answers)) {
    if (!SETTINGS[name]) throw new Failure(`--answers names ${name}, which is no setting; the README lists them.`);
    const wrong = value ? wrongWith(name, value) : undefined;
    if (wrong) throw new Failure(`--answers: ${name} cannot be used: ${wrong}. It is ${SETTINGS[name].form}.`);
  }
  return answers;
}

async function asked(plan) {
  if (plan.ask.length + plan.offer.length === 0) return {};
  if (!process.stdin.isTTY) {
    if (plan.ask.length === 0) return {};
    throw new Failure(`Nobody is there to ask for ${plan.ask.join(', ')}; give them in a file with --answers FILE.`);
  }
  if (plan.ask.length > 0) say(`${bold('What has to be there')} ${dim('docs/deploy says where each is found')}`);
  const answers = await askFor(plan.ask, { required: true, line });
  if (plan.offer.length > 0) say(`\n${bold('What may be left out')}`);
  return { ...answers, ...(await askFor(plan.offer, { required: false, line })) };
}

/** What will be done, with the names of secrets and the values of everything else. */
function show(plan, name, environment, wrangler) {
  say(`\n${bold(`The Worker ${name}`)}`);
  if (plan.keep.length > 0) say(`  ${green('=')} kept as ${plan.keep.length === 1 ? 'it is' : 'they are'}: ${plan.keep.join(', ')}`);
  for (const [setting, value] of Object.entries(plan.write)) say(`  ${green('+')} ${setting} ${dim(`${value} into ${varsTable(environment)}`)}`);
  say(`  ${green('+')} ${wrangler.line('deploy')}`);
  for (const setting of plan.make) say(`  ${green('+')} ${setting} ${dim(`${SECRET_BYTES} random bytes, made here`)}`);
  for (const setting of Object.keys(plan.put)) say(`  ${green('+')} ${setting} ${dim('as it was given')}`);
  const secrets = [...plan.make, ...Object.keys(plan.put)];
  if (secrets.length > 0) say(`  ${green('+')} ${wrangler.line('secret', 'bulk')} ${dim(`${secrets.join(', ')}, by standard input`)}`);
}

/** Writes the variables, and takes that back unless wrangler then reads what was meant. */
async function write(config, environment, vars, earlier) {
  if (Object.keys(vars).length === 0) return;
  const before = await readFile(config, 'utf8');
  await writeFile(config, withVars(before, varsTable(environment), vars));
  const read = (await readConfiguration(environment, config).catch(() => ({ vars: {} }))).vars;
  const meant = { ...earlier, ...vars };
  const holds = Object.keys(meant).every((name) => String(read[name]) === String(meant[name]));
  if (holds) return;
  await writeFile(config, before);
  throw new Failure(`${config} could not be changed without harm; write ${Object.keys(vars).join(', ')} under ${varsTable(environment)} by hand, and begin again.`);
}

/** What others have to be told of this deployment. */
function register({ PUBLIC_URL: address, IDENTITY_PROVIDERS: providers }) {
  const origin = address.replace(/\/+$/, '');
  say(`\n${bold('To be registered')}`);
  for (const entry of entriesOf(providers).filter((it) => it.client_id)) {
    say(`  ${cyan(`${origin}${callbackOf(entry)}`)} ${dim(`as redirect address at ${entry.issuer}`)}`);
  }
  say(`  ${cyan(`${origin}${CONNECT_CALLBACK}`)} ${dim('is where Scalekit sends people back to; AgentKit > User Verification has to be Custom')}`);
  say(`  ${cyan(`${origin}${WEBHOOKS}`)} ${dim('as webhook at Scalekit, with connected_account.status_updated')}\n`);
}

/** Waits until the deployment has its settings, and has the doctor look at it. */
async function look(settings, environment, configuration) {
  const url = new URL(settings.PUBLIC_URL);
  const until = Date.now() + SETTLED_MS;
  while ((await visit(`${url.origin}/health`)).status !== 200 && Date.now() < until) await pause(LOOK_EVERY_MS);
  const findings = await examine(url, settings, { environment, configuration });
  for (const line of report(url, findings)) say(line);
  if (findings.count(WRONG) > 0) process.exitCode = 1;
}
