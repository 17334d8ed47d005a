// `npm run doctor -- URL`: looks at a deployment from outside, and says what is right, what is wrong
// and how to mend it. It changes nothing there, and repeats no secret.

import { examine, LENT } from './lib/doctor/examine.mjs';
import { WRONG } from './lib/doctor/findings.mjs';
import { report } from './lib/doctor/report.mjs';
import { readLines } from './lib/env_file.mjs';
import { flags } from './lib/flags.mjs';
import { Failure, main, say } from './lib/say.mjs';
import { SETTINGS } from './lib/settings.mjs';
import { readConfiguration } from './lib/wrangler_vars.mjs';

/** What is read from the environment beside the settings themselves. */
const ALSO_READ = ['ONBEHALF_TOKEN', 'CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_ACCOUNT_ID', 'CLOUDFLARE_API_BASE_URL'];

await main(async () => {
  const { values, operands } = flags('npm run doctor', {
    about:
      'Looks at a deployment from outside and says what is right, what is wrong and how to mend it. Settings are those of ' +
      'wrangler.toml, then of --settings, then of variables of the same names. Lent a secret ' +
      `(${LENT.slice(0, 4).join(', ')}), it looks closer; it never prints one. Ends with 1 when something is wrong.`,
    operands: ['URL'],
    options: {
      env: { value: 'NAME', help: 'the environment of wrangler.toml, such as staging; production unless named' },
      settings: { value: 'FILE', help: 'settings as lines of NAME=value, such as .dev.vars' },
      json: { help: 'the findings as JSON' },
    },
  });
  const url = addressed(operands[0]);
  const configuration = await readConfiguration(values.env);
  const settings = {
    ...configuration.vars,
    ...(values.settings ? await readLines(values.settings, '--settings') : {}),
    ...given([...Object.keys(SETTINGS), ...ALSO_READ]),
  };
  const findings = await examine(url, settings, { environment: values.env, configuration });
  if (values.json) say(JSON.stringify({ url: url.origin, findings: findings.all }));
  else for (const line of report(url, findings)) say(line);
  if (findings.count(WRONG) > 0) process.exitCode = 1;
});

function addressed(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure(`"${text}" is no address; it is the Worker's own, like https://onbehalf.example.com.`);
  }
  return url;
}

/** Variables of these names that are set. */
function given(names) {
  return Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}
