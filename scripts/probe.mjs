// `npm run probe -- --env FILE`: asks a real Scalekit environment what no document settles, and
// prints what it learned as settings. Reads, and writes to records that it makes and takes back.

import { readLines } from './lib/env_file.mjs';
import { flags } from './lib/flags.mjs';
import { TRIALS } from './lib/probe/trials.mjs';
import { Environment } from './lib/scalekit.mjs';
import { Failure, bold, dim, green, main, red, say, yellow } from './lib/say.mjs';

const NEEDED = ['SCALEKIT_ENVIRONMENT_URL', 'SCALEKIT_CLIENT_ID', 'SCALEKIT_CLIENT_SECRET', 'PROBE_IDENTIFIER'];

await main(async () => {
  const { values } = flags('npm run probe', {
    about: 'Asks a real Scalekit environment what no document settles, and prints what it learned as settings.',
    options: {
      env: { value: 'FILE', help: 'the settings of the environment; there has to be one' },
      only: { value: 'IDS', help: `some trials, separated by commas: ${TRIALS.map((it) => it.id).join(', ')}` },
      'read-only': { help: 'leave out what writes' },
      json: { help: 'what was learned as JSON' },
    },
  });
  if (!values.env) throw new Failure('Which environment? Name the file of its settings with --env FILE.');
  const wanted = values.only?.split(',');
  const unknown = wanted?.filter((id) => !TRIALS.some((trial) => trial.id === id)) ?? [];
  if (unknown.length > 0) {
    throw new Failure(`There is no trial ${unknown.join(', ')}; there are ${TRIALS.map((it) => it.id).join(', ')}.`);
  }

  const env = new Environment(await readSettings(values.env));
  const lifetime = await env.signIn();
  const line = (text) => (values.json ? undefined : say(text));
  line(`${green('✓')} ${bold('token')} ${dim(`good for ${lifetime} s`)}`);

  const learned = {};
  const settings = {};
  let failed = 0;
  for (const trial of TRIALS.filter((it) => !wanted || wanted.includes(it.id))) {
    const lacks = (trial.needs ?? []).filter((name) => !env.settings[name]);
    if (lacks.length > 0 || (trial.writes && values['read-only'])) {
      const why = lacks.length > 0 ? `set ${lacks.join(', ')} to try it` : 'it writes';
      learned[trial.id] = { skipped: why };
      line(`${yellow('–')} ${bold(trial.id)} ${dim(`${trial.question} Not tried: ${why}.`)}`);
      continue;
    }
    try {
      const outcome = await trial.run(env);
      learned[trial.id] = outcome;
      merge(settings, outcome.settings ?? {});
      line(`${green('✓')} ${bold(trial.id)} ${dim(trial.question)}\n    ${outcome.learned}`);
    } catch (error) {
      failed += 1;
      learned[trial.id] = { failed: error.message };
      line(`${red('✗')} ${bold(trial.id)} ${dim(trial.question)}\n    ${error.message}`);
    }
  }

  if (values.json) say(JSON.stringify({ learned, settings }));
  else {
    say(`\n${bold('Settings that follow')}`);
    for (const [name, value] of Object.entries(settings)) say(`  ${name}='${JSON.stringify(value)}'`);
    if (Object.keys(settings).length === 0) say(dim('  none beyond the defaults'));
  }
  if (failed > 0) throw new Failure(`${failed} of the trials came to no answer.`);
});

async function readSettings(path) {
  const settings = await readLines(path, '--env');
  const missing = NEEDED.filter((name) => !settings[name]);
  if (missing.length > 0) throw new Failure(`${path} has to name ${missing.join(', ')}.`);
  return settings;
}

function merge(into, more) {
  for (const [name, value] of Object.entries(more)) into[name] = { ...into[name], ...value };
}
