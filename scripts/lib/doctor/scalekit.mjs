// The Scalekit environment, with the credentials we were lent: whether they are taken, and whether
// the workspace has each connection under the name, of the kind and with the tools that CONNECTORS says.

import { Environment, Unreachable } from '../scalekit.mjs';
import { Failure } from '../say.mjs';
import { isSafe } from './visit.mjs';

const AREA = 'scalekit';
const NEEDED = ['SCALEKIT_ENVIRONMENT_URL', 'SCALEKIT_CLIENT_ID', 'SCALEKIT_CLIENT_SECRET'];
/** What is there without a word of CONNECTORS, as crates/connector/src/connectors.rs has it. */
const DEFAULT_CONNECTORS = ['hubspot', 'linear', 'slack', 'zendesk'];
/** Those that the first workflow cannot do without. */
const NEEDED_APPS = ['hubspot', 'linear', 'zendesk'];
/** Largest page of connections (reference of Scalekit's SDK for Python). */
const PAGE = 30;
/** Pages looked at: a workspace with more connections than that is not this one's. */
const MOST_PAGES = 20;

/** The connectors by name, each with what CONNECTORS says of it; nothing where it cannot be read. */
export function connectorsOf(text) {
  const all = Object.fromEntries(DEFAULT_CONNECTORS.map((name) => [name, {}]));
  if (!text?.trim()) return all;
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (given === null || typeof given !== 'object' || Array.isArray(given)) return undefined;
  for (const [name, says] of Object.entries(given)) {
    if (says === null) delete all[name];
    else all[name] = { ...says, isNamed: true };
  }
  return all;
}

export async function lookAtScalekit(settings, deployment, findings) {
  const missing = NEEDED.filter((name) => !settings[name]);
  if (missing.length > 0) {
    findings.unseen(AREA, 'The Scalekit environment was not asked with credentials of its own.',
      `Give ${missing.join(', ')} as variables, or in a file with --settings, to have token and connections looked at.`);
    return;
  }
  if (!URL.canParse(settings.SCALEKIT_ENVIRONMENT_URL) || !isSafe(new URL(settings.SCALEKIT_ENVIRONMENT_URL))) {
    findings.wrong(AREA, 'SCALEKIT_ENVIRONMENT_URL, as it is set here, is no https address, so no credentials were sent there.',
      'Copy the environment URL from the API credentials in the dashboard.');
    return;
  }
  const environment = new Environment({
    ...settings,
    SCALEKIT_ENVIRONMENT_URL: settings.SCALEKIT_ENVIRONMENT_URL.trim().replace(/\/+$/, ''),
  });
  try {
    const seconds = await environment.signIn();
    findings.right(AREA, `Scalekit takes the client's credentials and gives a token, good for ${seconds} s.`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    findings.wrong(AREA, error.message, error instanceof Unreachable
      ? 'Compare SCALEKIT_ENVIRONMENT_URL with the environment URL among the API credentials in the dashboard.'
      : 'Compare SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET with the API credentials in the dashboard; a secret is shown there once, so make a new one if in doubt.');
    return;
  }
  const listed = await connections(environment);
  if (listed.failed) {
    findings.unseen(AREA, `The workspace's connections cannot be listed (${listed.failed}); Scalekit calls that list a preview.`,
      'Compare the names under AgentKit > Connections in the dashboard with CONNECTORS.');
    return;
  }
  const wanted = connectorsOf(settings.CONNECTORS);
  if (!wanted) {
    findings.wrong(AREA, 'CONNECTORS, as it is set here, is no JSON object.', 'It is an object such as {"hubspot": {"connection": "hubspot-qkHFhMip"}}.');
    return;
  }
  for (const [name, says] of Object.entries(wanted)) lookAtConnection(name, says, listed, findings);
  const known = deployment?.connectors ?? [];
  for (const name of known.filter((it) => !wanted[it])) {
    findings.doubtful(AREA, `The deployment offers to connect ${name}, of which the settings here know nothing.`, 'Deploy, or look at CONNECTORS.');
  }
}

async function connections(environment) {
  const all = [];
  let token = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const next = token ? `&page_token=${encodeURIComponent(token)}` : '';
    const answer = await environment.get(`/api/v1/connections/app?page_size=${PAGE}${next}`).catch(() => ({ status: 'nothing' }));
    if (answer.status !== 200 || !Array.isArray(answer.body?.connections)) return { failed: `it answered ${answer.status}` };
    all.push(...answer.body.connections);
    token = answer.body.next_page_token ?? '';
    if (!token) break;
  }
  return all;
}

function lookAtConnection(name, says, listed, findings) {
  const called = says.connection ?? name;
  const prefix = says.toolPrefix ?? name;
  const provider = (it) => String(it.provider_key ?? '').toLowerCase();
  const found = listed.find((it) => it.key_id === called);
  if (!found) {
    const others = listed.filter((it) => provider(it).startsWith(name));
    const [other] = others;
    const mend = other
      ? `It may be called ${others.map((it) => it.key_id).join(' or ')}: write CONNECTORS ${JSON.stringify({ [name]: entry(name, other) })}.`
      : `Create it under AgentKit > Connections, or take the app away with CONNECTORS {"${name}": null}.`;
    const sentence = `Scalekit has no connection ${called}, by which ${name} would be connected.`;
    if (says.isNamed || NEEDED_APPS.includes(name)) findings.wrong(AREA, sentence, mend);
    else findings.doubtful(AREA, sentence, mend);
    return;
  }
  const isOauth = String(found.type).includes('OAUTH');
  if (found.enabled === false) {
    findings.wrong(AREA, `Scalekit's connection ${called} is switched off.`, 'Switch it on under AgentKit > Connections.');
  } else if (provider(found) && provider(found) !== prefix) {
    findings.wrong(AREA, `Scalekit's connection ${called} is of ${provider(found)}, whose tools do not begin with ${prefix}_.`,
      `Write CONNECTORS ${JSON.stringify({ [name]: entry(name, found) })}.`);
  } else if (found.type && isOauth !== ((says.kind ?? 'oauth') === 'oauth')) {
    findings.wrong(AREA, `Scalekit's connection ${called} is of type ${found.type}, and CONNECTORS takes it for ${says.kind ?? 'oauth'}.`,
      `Write CONNECTORS ${JSON.stringify({ [name]: entry(name, found) })}.`);
  } else {
    findings.right(AREA, `Scalekit has the connection ${called} for ${name}, switched on (${found.type}).`);
  }
}

/** What CONNECTORS has to say for a connection of the workspace. */
function entry(name, { key_id: connection, provider_key: key, type }) {
  const prefix = String(key ?? name).toLowerCase();
  return {
    connection,
    ...(prefix === name ? {} : { toolPrefix: prefix }),
    ...(String(type).includes('OAUTH') ? {} : { kind: 'api_key' }),
  };
}
