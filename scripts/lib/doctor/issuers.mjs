// Each trusted issuer: whether it says who it is, whether its keys can be used, and whether the
// deployment itself has them.

import { ACCEPTED, judge } from './keys.mjs';
import { visit } from './visit.mjs';

const AREA = 'issuers';
/** What stands between WorkOS's API and the client in an issuer of the newer form. */
const WORKOS_USERS = '/user_management/';

/** The entries of IDENTITY_PROVIDERS, or nothing where it cannot be read as such. */
export function entriesOf(text) {
  if (!text) return [];
  try {
    const entries = JSON.parse(text);
    return Array.isArray(entries) ? entries.filter((it) => typeof it?.issuer === 'string') : [];
  } catch {
    return [];
  }
}

/** What is known of each issuer that the deployment trusts, and of those that are set here. */
export function issuersOf(deployment, settings) {
  const entries = entriesOf(settings.IDENTITY_PROVIDERS);
  const trusted = deployment?.configured ? deployment.issuers : entries.map((it) => it.issuer);
  return trusted.map((issuer) => entries.find((it) => it.issuer === issuer) ?? { issuer, provider: guessed(issuer) });
}

export async function lookAtIssuers(url, deployment, settings, findings) {
  const entries = entriesOf(settings.IDENTITY_PROVIDERS);
  if (settings.IDENTITY_PROVIDERS && entries.length === 0) {
    findings.wrong(AREA, 'IDENTITY_PROVIDERS, as it is set here, names no issuer.', 'It is a JSON array of objects with an issuer each.');
  }
  if (deployment?.configured) {
    for (const entry of entries.filter((it) => !deployment.issuers.includes(it.issuer))) {
      findings.doubtful(AREA, `${entry.issuer} is in the settings here, but the deployment does not trust it.`,
        'Deploy, or take it out of IDENTITY_PROVIDERS.');
    }
  }
  const issuers = issuersOf(deployment, settings);
  if (issuers.length === 0) {
    findings.unseen(AREA, 'No issuer could be looked at: neither the deployment nor the settings here name one.', 'Set IDENTITY_PROVIDERS.');
  }
  for (const entry of issuers) {
    await lookAtIssuer(entry, findings);
    if (deployment?.configured) await askDeployment(url, entry.issuer, findings);
  }
}

async function lookAtIssuer(entry, findings) {
  const { issuer } = entry;
  const discovered = fixedKeys(entry) ? {} : await discover(entry, findings);
  if (!discovered) return;
  const keys = entry.jwks_uri ?? fixedKeys(entry) ?? discovered.jwks_uri;
  if (typeof keys !== 'string') {
    findings.wrong(AREA, `${issuer} does not say where its keys are.`, 'Name the address of its key set as jwks_uri in its entry of IDENTITY_PROVIDERS.');
    return;
  }
  await lookAtKeys(issuer, keys, findings);
}

/** Reads the issuer's metadata; nothing where it is of no use. */
async function discover({ issuer }, findings) {
  const address = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const answer = await visit(address);
  if (answer.failed) {
    findings.wrong(AREA, `${issuer} cannot be reached: ${answer.failed}.`, 'Compare the issuer in IDENTITY_PROVIDERS with what the provider calls it.');
    return undefined;
  }
  if (answer.status !== 200 || typeof answer.json?.issuer !== 'string') {
    findings.wrong(AREA, `${issuer} publishes no metadata: ${address} answered ${answer.status}.`,
      'Compare the issuer with what the provider calls it; at Okta it is that of a custom authorization server (…/oauth2/default).');
    return undefined;
  }
  if (answer.json.issuer !== issuer) {
    findings.wrong(AREA, `${issuer} calls itself ${answer.json.issuer}, and its tokens say so too.`,
      `Write the issuer in IDENTITY_PROVIDERS exactly as it calls itself, to the last slash: ${answer.json.issuer}`);
    return undefined;
  }
  const offered = answer.json.id_token_signing_alg_values_supported;
  if (Array.isArray(offered) && !offered.some((it) => ACCEPTED.includes(it))) {
    findings.wrong(AREA, `${issuer} signs with ${offered.join(', ')} only, none of which is taken.`,
      `Have it sign with ${ACCEPTED[0]}; taken are ${ACCEPTED.join(', ')}.`);
  } else {
    findings.right(AREA, `${issuer} answers and calls itself so.`);
  }
  return answer.json;
}

async function lookAtKeys(issuer, address, findings) {
  const answer = await visit(address);
  if (answer.failed || answer.status !== 200 || !Array.isArray(answer.json?.keys)) {
    const why = answer.failed ?? (answer.status === 200 ? 'what it answers is no key set' : `it answered ${answer.status}`);
    findings.wrong(AREA, `The keys of ${issuer} cannot be read from ${address}: ${why}.`,
      'Open the address; if keys are elsewhere, name that as jwks_uri. For WorkOS, compare client_id.');
    return;
  }
  const judged = answer.json.keys.map(judge);
  const good = judged.filter((it) => it.algorithm);
  const bad = judged.filter((it) => it.because);
  if (good.length === 0) {
    const why = [...new Set(bad.map((it) => it.because))].join('; ') || 'there is none';
    findings.wrong(AREA, `None of ${issuer}'s keys can be used: ${why}.`, `Have it sign with a key for ${ACCEPTED.join(', ')}.`);
    return;
  }
  const algorithms = [...new Set(good.map((it) => it.algorithm))].join(', ');
  const others = bad.length > 0 ? `; ${bad.length} more ${bad.length === 1 ? 'is' : 'are'} passed over` : '';
  findings.right(AREA, `${issuer} has ${good.length} ${good.length === 1 ? 'key' : 'keys'} that can be used (${algorithms})${others}.`);
}

/** Shows the deployment a token that nobody signed: to refuse it for its key, it has to have the keys. */
async function askDeployment(url, issuer, findings) {
  const answer = await visit(`${url.origin}/api/workflows`, { headers: { authorization: `Bearer ${unsigned(issuer)}` } });
  const challenge = answer.headers?.get('www-authenticate') ?? '';
  if (answer.status === 401 && challenge.includes('invalid_token')) {
    findings.right(AREA, `The deployment has the keys of ${issuer}: it refused a token that they did not sign.`);
  } else if (answer.status === 503) {
    findings.wrong(AREA, `The deployment cannot read the keys of ${issuer}, so that nobody with its tokens gets in.`,
      'If this machine could read them above, the issuer may not let Cloudflare in; /health says under waitingFor what the deployment met.');
  } else if (answer.status === 429) {
    findings.unseen(AREA, `Whether the deployment has the keys of ${issuer} was not said: too many requests came from here.`, 'Try again in a minute.');
  } else {
    findings.wrong(AREA, `The deployment answered ${answer.status ?? answer.failed} to a token that nobody signed, where it should refuse it with 401.`,
      'Something in front of the deployment may answer instead of it.');
  }
}

/** A well-formed token of this issuer with a key that it does not have. */
function unsigned(issuer) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: 'RS256', typ: 'JWT', kid: 'onbehalf-doctor' };
  const claims = { iss: issuer, sub: 'onbehalf-doctor', aud: 'onbehalf-doctor', iat: now, exp: now + 60 };
  return `${part(header)}.${part(claims)}.${Buffer.alloc(256, 1).toString('base64url')}`;
}

/** Where keys are when the provider documents a place and publishes no metadata: WorkOS. */
function fixedKeys({ provider, issuer, client_id: client }) {
  if (provider !== 'workos') return undefined;
  const at = issuer.lastIndexOf(WORKOS_USERS);
  const api = at < 0 ? issuer.replace(/\/+$/, '') : issuer.slice(0, at);
  const id = at < 0 ? client : issuer.slice(at + WORKOS_USERS.length).replace(/\/+$/, '');
  return id && `${api}/sso/jwks/${id}`;
}

/** The provider of an issuer that only the deployment named. */
function guessed(issuer) {
  return issuer.includes(WORKOS_USERS) ? 'workos' : 'oidc';
}
