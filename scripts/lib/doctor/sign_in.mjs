// Where browsers are sent and where they come back: what has to be registered at each identity
// provider and at Scalekit, and whether the routes there are this service's.

import { issuersOf } from './issuers.mjs';
import { visit } from './visit.mjs';

const AREA = 'addresses';
export const CONNECT_CALLBACK = '/connect/callback';
export const LOGIN_CALLBACK = '/auth/callback';
export const WEBHOOKS = '/webhooks/scalekit';

/** The address an issuer sends browsers back to. */
export const callbackOf = (entry) => `${LOGIN_CALLBACK}${entry.namespace ? `/${entry.namespace}` : ''}`;

export async function lookAtSignIn(url, deployment, settings, findings) {
  if (!deployment?.configured) return;
  const issuers = issuersOf(deployment, settings);
  for (const entry of issuers) await beginSignIn(url, entry, findings);
  const callbacks = [...new Set([CONNECT_CALLBACK, ...issuers.map(callbackOf)])];
  for (const path of callbacks) await lookAtCallback(url, path, findings);
}

/** Begins to sign in, as a browser would, and shows the provider where it would be sent back to. */
async function beginSignIn(url, entry, findings) {
  const { issuer } = entry;
  const begun = await visit(`${url.origin}/auth/login?provider=${encodeURIComponent(issuer)}`, { headers: { accept: 'text/html' } });
  const location = begun.headers?.get('location');
  if (begun.status !== 302 || !location) {
    const offered = begun.status === 200 || (begun.status === 503 && begun.text.includes('not set up'));
    if (offered) {
      findings.doubtful(AREA, `Nobody can sign in with a browser at ${issuer}: its entry has no client_id. Tokens are taken all the same.`,
        'Register a web application at the provider and name its client_id in IDENTITY_PROVIDERS, or connect links cannot be opened.');
    } else {
      findings.wrong(AREA, `Signing in at ${issuer} cannot be begun: the deployment answered ${begun.status ?? begun.failed}.`,
        'The deployment could not read where the issuer has its pages; look at what is said of the issuer.');
    }
    return;
  }
  const asked = new URL(location);
  const back = asked.searchParams.get('redirect_uri') ?? '';
  const registered = `redirect address ${back} has to be registered with the application ${asked.searchParams.get('client_id')} at ${issuer}`;
  const page = await visit(location, { headers: { accept: 'text/html' } });
  const returned = page.headers?.get('location') ?? '';
  const refused = page.status >= 400 || (returned.startsWith(back) && new URL(returned).searchParams.has('error'));
  if (page.failed) {
    findings.wrong(AREA, `The sign-in page of ${issuer} cannot be reached: ${page.failed}.`, 'Look at the provider\'s status page.');
  } else if (refused) {
    findings.wrong(AREA, `${issuer} refuses to begin a sign-in for this deployment (${page.status}).`,
      `Compare client_id, and the redirect addresses: the ${registered}.`);
  } else {
    findings.right(AREA, `Signing in at ${issuer} begins; the ${registered}, and the provider did not object.`);
  }
}

/** A callback without an answer in it is a page that says so: 400, and never 404. */
async function lookAtCallback(url, path, findings) {
  const answer = await visit(`${url.origin}${path}`, { headers: { accept: 'text/html' } });
  const isPage = (answer.headers?.get('content-type') ?? '').startsWith('text/html');
  const whose = path === CONNECT_CALLBACK ? 'Scalekit' : 'an identity provider';
  if (answer.status === 400 && isPage) {
    findings.right(AREA, `${url.origin}${path} answers as it should, for when ${whose} sends a browser back.`);
  } else {
    findings.wrong(AREA, `${url.origin}${path} should show a page (400) to whoever comes without an answer of ${whose}; it answered ${answer.status ?? answer.failed}.`,
      'A route or a rule in front of the deployment may catch this path: all paths have to reach the Worker.');
  }
}
