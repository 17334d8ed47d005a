// What can be seen of an answer before anything is deployed. It is no second judge: the Worker says
// on /health what it takes, and this only spares a round.

const isJson = (holds, what) => (text) => {
  try {
    if (holds(JSON.parse(text))) return undefined;
  } catch {
    // said below
  }
  return what;
};
const isObject = isJson((it) => it !== null && typeof it === 'object' && !Array.isArray(it), 'it is no JSON object');

function isOrigin(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname);
  if (!url || (url.protocol !== 'https:' && !(local && url.protocol === 'http:'))) return 'it is no https address';
  return url.pathname === '/' && !url.search && !url.hash ? undefined : 'it has more than an origin: no path, no query';
}

const areSigningSecrets = (text) => {
  const all = text.split(/[\s,]+/).filter(Boolean);
  const good = all.length >= 1 && all.length <= 2 && all.every((it) => /^whsec_[A-Za-z0-9+/]{22,}={0,2}$/.test(it));
  return good ? undefined : 'it is not one or two of whsec_…';
};

const CHECKS = {
  PUBLIC_URL: isOrigin,
  SCALEKIT_ENVIRONMENT_URL: isOrigin,
  IDENTITY_PROVIDERS: isJson((it) => Array.isArray(it) && it.length > 0 && it.every((entry) => entry?.issuer && entry?.provider),
    'it is no JSON array of issuers, each with provider and issuer'),
  SCALEKIT_WEBHOOK_SECRETS: areSigningSecrets,
  APPROVAL_WEBHOOK_SECRETS: areSigningSecrets,
  SESSION_SECRET: (text) => (text.length >= 32 ? undefined : 'it has fewer than 32 characters'),
  ...Object.fromEntries(['CONNECTORS', 'ONBOARDING', 'MORNING_BRIEF', 'PROVIDER_RATES', 'TOOL_POLICY', 'TOOL_CATALOGUE', 'MODEL', 'FALLBACK_MODEL', 'ONBOARDING_ASSISTANT']
    .map((name) => [name, isObject])),
};

/** In words, without the value, what is wrong with an answer; nothing when it looks good. */
export const wrongWith = (name, text) => CHECKS[name]?.(text);
