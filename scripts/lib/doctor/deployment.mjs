// The deployment itself: whether it answers, what /health names, whether it is called by its own
// name, over https, and with a clock like ours.

import { howToSet } from '../settings.mjs';
import { isSafe, visit } from './visit.mjs';

const SETTINGS_AREA = 'settings';
const ADDRESS = 'address';
const CLOCK = 'clock';

/** Scalekit's webhooks are refused beyond this distance, and so are ours by others. */
const CLOCK_WRONG_S = 300;
/** Tokens are taken with a minute of leeway; half of it is worth a word. A `Date` has whole seconds. */
const CLOCK_DOUBTFUL_S = 30;

/**
 * Looks at it. Answers what the rest builds on: `{configured, issuers, connectors, publicUrl}`, or
 * nothing when there is no deployment there at all.
 */
export async function lookAtDeployment(url, findings, { environment } = {}) {
  const health = await visit(`${url.origin}/health`);
  if (health.failed) {
    findings.wrong(ADDRESS, `${url.origin} cannot be reached: ${health.failed}.`,
      'Compare the address with the one that wrangler deploy printed, and the route in wrangler.toml if it has a domain of its own.');
    return undefined;
  }
  if (!Array.isArray(health.json?.configurationProblems)) {
    findings.wrong(ADDRESS, `Something answers at ${url.origin}, but it is not Onbehalf: /health answered ${health.status} without what it should say.`,
      'Compare the address with the one that wrangler deploy printed; a redirect or a login page may stand in front of it.');
    return undefined;
  }
  const { configurationProblems: problems, configurationNotes: notes = [], waitingFor = [], version } = health.json;
  if (problems.length === 0) {
    findings.right(SETTINGS_AREA, `Every setting is there and can be used (version ${version}).`);
  }
  for (const problem of problems) {
    const name = problem.split(' ')[0];
    const why = problem.includes('the log says why')
      ? ' npx wrangler tail shows the reason, in the event misconfigured, once somebody asks for /health.'
      : '';
    findings.wrong(SETTINGS_AREA, `${problem.split(';')[0]}.`, `${howToSet(name, environment)}${why}`);
  }
  for (const note of notes) findings.doubtful(SETTINGS_AREA, `${note}.`, 'The README explains the setting, under "Identity providers".');
  for (const wait of waitingFor) findings.doubtful(SETTINGS_AREA, `The deployment waits for others: ${wait}.`);
  lookAtClock(health, findings, 'deployment');

  const configured = problems.length === 0;
  const resource = configured ? (await visit(`${url.origin}/.well-known/oauth-protected-resource`)).json : undefined;
  const description = configured ? (await visit(`${url.origin}/openapi.json`)).json : undefined;
  lookAtAddress(url, health, resource, findings);
  if (!configured) {
    findings.unseen(SETTINGS_AREA, 'Until every setting is good, the deployment answers nothing else; what follows is looked at without it.');
  }
  return {
    configured,
    issuers: resource?.authorization_servers ?? [],
    connectors: connectorsIn(description),
    publicUrl: resource?.resource,
  };
}

function lookAtAddress(url, health, resource, findings) {
  if (!isSafe(url)) {
    findings.wrong(ADDRESS, `${url.origin} is not https, so that tokens and cookies can be read on the way.`,
      'Use the https address; Cloudflare has a certificate for it.');
  }
  if (typeof resource?.resource !== 'string') return;
  if (resource.resource.replace(/\/$/, '') !== url.origin) {
    findings.wrong(ADDRESS, `The deployment calls itself ${resource.resource}, and not ${url.origin}: links, redirects and cookies lead there.`,
      'Set PUBLIC_URL to the address people use, deploy, and register the redirect addresses anew.');
    return;
  }
  const secured = health.headers.has('strict-transport-security');
  findings.right(ADDRESS, `The deployment is called by its own name, ${url.origin}${secured ? ', and has browsers keep to https' : ''}.`);
}

/** Compares a `Date` with this machine's clock. */
function lookAtClock(answer, findings, whose) {
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(date)) {
    findings.unseen(CLOCK, `The ${whose} does not say what time it is.`);
    return;
  }
  const seconds = Math.round((date - answer.at) / 1000);
  const distance = Math.abs(seconds);
  const says = `The ${whose}'s clock and this machine's are ${distance} s apart`;
  if (distance > CLOCK_WRONG_S) {
    findings.wrong(CLOCK, `${says}: webhooks and tokens made by one are refused by the other.`,
      'Set this machine by network time; if it is right, whoever runs the deployment has to.');
  } else if (distance > CLOCK_DOUBTFUL_S) {
    findings.doubtful(CLOCK, `${says}.`, 'Set this machine by network time.');
  } else {
    findings.right(CLOCK, `The ${whose}'s clock agrees with this machine's.`);
  }
}

/** The apps that can be connected, as the API's description lists them. */
function connectorsIn(description) {
  for (const path of Object.values(description?.paths ?? {})) {
    for (const operation of Object.values(path)) {
      const parameter = operation?.parameters?.find?.((it) => it.in === 'path' && it.name === 'connector');
      if (parameter?.schema?.enum) return parameter.schema.enum;
    }
  }
  return undefined;
}
