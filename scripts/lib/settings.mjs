// The settings of a deployment as scripts speak of them: which there are, whether each is a secret,
// what a usable one looks like, and where its value comes from. What makes a value good is decided in
// src/settings; this is the same in words, and tests/scripts/settings.test.mjs holds the names
// against the README's table.

/** `kind` is where wrangler keeps it; `form` what a usable value is, as the end of a sentence. */
export const SETTINGS = {
  PUBLIC_URL: {
    kind: 'var',
    required: true,
    question: 'Under which address will people reach it?',
    form: 'an https origin without a path, like https://onbehalf.example.com',
  },
  IDENTITY_PROVIDERS: {
    kind: 'var',
    required: true,
    question: 'Which identity providers are trusted (JSON, see docs/deploy)?',
    form: 'a JSON array of issuers, such as [{"provider": "okta", "issuer": "https://…", "audience": "…", "client_id": "…"}]',
  },
  IDENTITY_SCOPE: { kind: 'var', form: 'user or org' },
  SCALEKIT_ENVIRONMENT_URL: {
    kind: 'var',
    required: true,
    question: "What is the address of your Scalekit environment?",
    form: 'an https address, like https://acme.scalekit.cloud',
  },
  SCALEKIT_CLIENT_ID: {
    kind: 'var',
    required: true,
    question: "What is the environment's client id?",
    form: "the client id of the environment's API credentials, like skc_…",
  },
  SCALEKIT_CLIENT_SECRET: {
    kind: 'secret',
    required: true,
    question: "What is the environment's client secret?",
    form: "the client secret of the environment's API credentials",
  },
  SCALEKIT_WEBHOOK_SECRETS: {
    kind: 'secret',
    question: "What is the signing secret of Scalekit's webhook, if you have made one?",
    form: 'one or two of whsec_…, separated by a comma',
  },
  SESSION_SECRET: {
    kind: 'secret',
    required: true,
    made: 'random',
    form: '32 random bytes as text (openssl rand -hex 32)',
  },
  OIDC_CLIENT_SECRET: {
    kind: 'secret',
    question: 'What is the client secret of the web application that people sign in with, if it has one?',
    form: 'the client secret, or with several issuers a JSON object of secrets by issuer',
  },
  APPROVAL_WEBHOOK_URL: { kind: 'var', form: 'an https address; it needs APPROVAL_WEBHOOK_SECRETS beside it' },
  APPROVAL_WEBHOOK_SECRETS: {
    kind: 'secret',
    form: 'one or two of whsec_…, separated by a comma; it needs APPROVAL_WEBHOOK_URL beside it',
  },
  ONBOARDING: { kind: 'var', form: 'a JSON object, see the README, "The workflow\'s settings"' },
  MORNING_BRIEF: { kind: 'var', form: 'a JSON object, see the README' },
  CONNECTORS: {
    kind: 'var',
    question: 'What are the connections called in your Scalekit workspace (JSON), if not hubspot, linear, slack and zendesk?',
    form: 'a JSON object, such as {"hubspot": {"connection": "hubspot-qkHFhMip"}}',
  },
  PROVIDER_RATES: { kind: 'var', form: 'a JSON object of rates by app that CONNECTORS has' },
  SUBREQUEST_BUDGET: { kind: 'var', form: 'a whole number from 1 to 10000' },
  SCHEDULE_SPREAD_MINUTES: { kind: 'var', form: 'a whole number from 0 to 60' },
  SCHEDULE_LIFETIME_DAYS: { kind: 'var', form: 'a whole number from 1 to 3650' },
  TOOL_POLICY: { kind: 'var', form: 'a JSON object of rules, see the README, "Single writes"' },
  TOOL_CATALOGUE: { kind: 'var', form: 'a JSON object, see docs/CATALOGUE.md' },
  MODEL: { kind: 'var', form: 'a JSON object, see docs/AGENTS.md, "Models"; it needs MODEL_API_KEY beside it, unless it names a binding' },
  MODEL_API_KEY: { kind: 'secret', form: "the key of MODEL's provider" },
  FALLBACK_MODEL: { kind: 'var', form: 'a JSON object like MODEL; it needs FALLBACK_MODEL_API_KEY beside it, unless it names a binding' },
  FALLBACK_MODEL_API_KEY: { kind: 'secret', form: "the key of FALLBACK_MODEL's provider" },
  ONBOARDING_ASSISTANT: { kind: 'var', form: 'a JSON object of limits, see the README' },
  TOOL_REPEAT_MINUTES: { kind: 'var', form: 'a whole number from 0 to 1440' },
  RUN_RETENTION_DAYS: { kind: 'var', form: 'a whole number from 0 to 3650' },
};

/** Names of settings of a kind. */
export const named = (kind) => Object.keys(SETTINGS).filter((name) => SETTINGS[name].kind === kind);

/** The flag with which wrangler is told of an environment; the one without a name is production. */
export const environmentFlag = (environment) => (environment ? `--env ${environment}` : '--env ""');

/** The table of wrangler.toml that holds an environment's variables. */
export const varsTable = (environment) => (environment ? `[env.${environment}.vars]` : '[vars]');

/** How somebody sets a setting. */
export function howToSet(name, environment) {
  if (name.startsWith('LIMIT_')) {
    return `Put its [[ratelimits]] back into wrangler.toml, for this environment too, and deploy.`;
  }
  const setting = SETTINGS[name];
  if (!setting) return 'The README lists the settings.';
  return setting.kind === 'secret'
    ? `Set it with npx wrangler secret put ${name} ${environmentFlag(environment)}; it is ${setting.form}.`
    : `Set it in wrangler.toml under ${varsTable(environment)} and deploy; it is ${setting.form}.`;
}
