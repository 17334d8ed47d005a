// One identity provider, asked for part by part: nobody should have to type JSON into a terminal.
// Whoever has the setting as a whole, or several issuers, answers the first question with it.

import { wrongWith } from './checks.mjs';

const NAME = 'IDENTITY_PROVIDERS';
/** How each kind's issuer looks. */
const ISSUERS = {
  okta: 'that of a custom authorization server, like https://dev-1.okta.com/oauth2/default',
  auth0: 'with a slash at the end, like https://tenant.eu.auth0.com/',
  clerk: 'the Frontend API URL, like https://clerk.example.com',
  workos: 'like https://api.workos.com/user_management/client_01…',
  oidc: 'as it calls itself in its metadata, to the last slash',
};
const KINDS = Object.keys(ISSUERS);

const isHttps = (text) => (URL.canParse(text) && ['https:', 'http:'].includes(new URL(text).protocol) ? undefined : 'it is no address');
const listed = (text) => text.split(/[\s,]+/).filter(Boolean);

/** Asks with `ask`; answers the setting's text. `known` has PUBLIC_URL, if that was asked for. */
export async function askForProvider(ask, known) {
  const kind = await ask({
    question: 'Which identity provider is trusted?',
    form: `${KINDS.join(', ')}; or the whole setting as JSON. docs/deploy has a page for each`,
    wrong: (text) => (text.startsWith('[') ? wrongWith(NAME, text) : KINDS.includes(text) ? undefined : `it is none of ${KINDS.join(', ')}`),
  });
  if (kind.startsWith('[')) return kind;
  const issuer = await ask({ question: 'What is its issuer?', form: ISSUERS[kind], wrong: isHttps });
  const entry = { provider: kind, issuer };
  if (kind === 'clerk') {
    const parties = await ask({ question: 'From which pages do session tokens come?', form: 'origins, separated by commas, like https://app.example.com' });
    entry.authorized_parties = listed(parties);
  } else if (kind !== 'workos') {
    const own = known.PUBLIC_URL?.replace(/\/+$/, '');
    const audience = await ask({
      question: 'Which audience do tokens for this service have?',
      form: 'one or several, separated by commas; models need {PUBLIC_URL}/mcp among them',
      fallback: own && `${own},${own}/mcp`,
    });
    entry.audience = listed(audience);
  }
  const client = await ask({
    question: 'What is the client id of the web application that people sign in with?',
    form: 'without one, connect links and the console cannot be opened',
    required: kind === 'workos',
  });
  if (client) entry.client_id = client;
  const email = await ask({
    question: 'Which claim of access tokens holds the address by which HubSpot knows a person?',
    form: 'not needed where tokens have email with email_verified',
    required: false,
  });
  if (email) entry.email_claim = email;
  return JSON.stringify([entry]);
}
