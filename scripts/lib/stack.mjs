// The whole stack on one machine: the sandbox, and the Worker in workerd beside it. The Worker is
// told of the sandbox by configuration alone, exactly as it would be told of the real services.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { inRoot, npmBin, root, sandboxBinary } from './paths.mjs';
import { firstLine, healthy, keep } from './processes.mjs';
import { Failure } from './say.mjs';
import { RELEASE } from './build.mjs';
import { AMPLE_LIMITS, configFor } from './wrangler_config.mjs';

/** Apps that the Worker ships tools for; the name of a connector begins with its app's. */
const APPS = ['hubspot', 'linear', 'slack', 'zendesk'];

/** The slowest machine needs a few seconds. */
const RENEWED_WITHIN_MS = 20_000;

/** As many calls as anybody can make. */
const AMPLE = { burst: 10_000, perMinute: 100_000 };
/** A world, and settings of the Worker, for measuring the time of the code. The apps' limits and the
 *  lag of an index, which would only be waited for, are off on both sides; everybody has apps of
 *  their own, so that no user's data is in another's measurement; and connections have the names
 *  that the peers' code calls them by. */
export const MEASURED = {
  manners: {
    portals: 'own',
    search_lag: 'none',
    app_limits: false,
    connections: Object.fromEntries(APPS.map((provider) => [provider, { provider, kind: 'oauth' }])),
  },
  settings: {
    PROVIDER_RATES: JSON.stringify(
      Object.fromEntries(['hubspot', 'hubspot.search', 'zendesk', 'linear'].map((lane) => [lane, AMPLE])),
    ),
  },
};

/** Starts the sandbox as built with `profile`, with the identity provider's keys of an earlier start
 *  when `keys` names the same file, and a world that differs from the strict one in `manners`;
 *  answers its process and what it said of itself. */
export async function startSandbox(port, { log, keys, profile, manners } = {}) {
  const options = keys ? ['--keys', keys] : [];
  if (manners) options.push('--manners', JSON.stringify(manners));
  const child = keep(sandboxBinary(profile), ['--port', String(port), ...options], { log, pipeStdout: true });
  const line = await firstLine(child, 'The sandbox');
  let description;
  try {
    description = JSON.parse(line);
  } catch {
    throw new Failure(`The sandbox began with something else than JSON: ${line}`);
  }
  child.stdout.resume();
  await healthy(`${description.url}/_sandbox/health`, child, 'The sandbox');
  return { child, ...description };
}

/** The Worker's configuration for a sandbox: what an operator would set for the real services. */
export function configuration(sandbox, publicUrl, sessionSecret, extra = {}, issuer = {}) {
  return {
    PUBLIC_URL: publicUrl,
    IDENTITY_PROVIDERS: JSON.stringify([
      {
        provider: 'oidc',
        issuer: sandbox.idp.issuer,
        audience: [sandbox.idp.audience],
        client_id: sandbox.idp.client_id,
        approvers: [{ organization: 'org_acme', user: 'grace' }],
        ...issuer,
      },
    ]),
    SCALEKIT_ENVIRONMENT_URL: sandbox.scalekit.url,
    SCALEKIT_CLIENT_ID: sandbox.scalekit.client_id,
    SCALEKIT_CLIENT_SECRET: sandbox.scalekit.client_secret,
    SCALEKIT_WEBHOOK_SECRETS: sandbox.scalekit.webhook_secret,
    OIDC_CLIENT_SECRET: sandbox.idp.client_secret,
    SESSION_SECRET: sessionSecret,
    MODEL: JSON.stringify({
      dialect: 'chat-completions',
      baseUrl: sandbox.models.openai,
      model: sandbox.models.obedient,
    }),
    MODEL_API_KEY: sandbox.models.key,
    CONNECTORS: connectors(sandbox.manners.connections),
    ...extra,
  };
}

/** The Worker's connectors for a workspace's connections: their names, kinds and prefixes. Those of
 *  other apps than `apps` are left alone. */
export function connectors(connections, apps = APPS) {
  const named = Object.entries(connections).flatMap(([connection, { provider, kind }]) => {
    const app = apps.find((name) => provider.startsWith(name));
    return app === undefined ? [] : [[app, { connection, kind, ...(provider === app ? {} : { toolPrefix: provider }) }]];
  });
  return JSON.stringify(Object.fromEntries(named));
}

/**
 * Starts the Worker in workerd with its Durable Objects kept in `state`. `limits` are rate limits
 * other than those of `wrangler.toml`; by default there are none that a test could meet. `publicUrl`
 * is where others find it, when that is not its own port; `shell` a module that stands before the
 * built Worker, and `bindings` more of them than `wrangler.toml` has, as TOML. One that is `renewable`
 * takes in what is built later, by `renewWorker`.
 */
export async function startWorker(
  sandbox,
  { port, state, log, append, extra, issuer, limits = AMPLE_LIMITS, build = RELEASE, shell, bindings, renewable = false, publicUrl = `http://localhost:${port}` },
) {
  await mkdir(state, { recursive: true });
  const settings = configuration(sandbox, publicUrl, await sessionSecret(state), extra, issuer);
  const envFile = join(state, 'worker.env');
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
  await writeFile(envFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  const config = await configFor(build, state, limits, shell, bindings);
  const objects = join(state, 'objects');
  const [program, ...options] = renewable
    ? [inRoot('scripts', 'lib', 'renewable_worker.mjs'), JSON.stringify({ config, envFile, port, objects })]
    : [
        inRoot('node_modules', 'wrangler', 'bin', 'wrangler.js'),
        'dev',
        '--local',
        '--config', config,
        '--env', '',
        '--port', String(port),
        '--inspector-port', '0',
        '--persist-to', objects,
        '--env-file', envFile,
        '--test-scheduled',
        '--show-interactive-dev-session=false',
      ];
  const child = keep(npmBin('node'), [program, ...options], {
    cwd: root,
    log,
    append,
    ipc: renewable,
    env: {
      WRANGLER_SEND_METRICS: 'false',
      CI: 'true',
      NO_COLOR: '1',
      FORCE_COLOR: '0',
      PATH: `${inRoot('node_modules', '.bin')}:${process.env.PATH}`,
    },
  });
  await healthy(`http://localhost:${port}/health`, child, 'The Worker');
  return { child, port, url: publicUrl };
}

/** Has a `renewable` Worker take in what was built since; its objects begin again from their storage. */
export async function renewWorker({ child, port }) {
  const signal = AbortSignal.timeout(RENEWED_WITHIN_MS);
  const renewed = once(child, 'message', { signal });
  child.send('renew');
  await renewed.catch(() => {
    throw new Failure('The Worker did not take in what was built.');
  });
  await healthy(`http://localhost:${port}/health`, child, 'The Worker');
}

/** Tells the sandbox where to send its signed webhooks. */
export async function connectWebhooks(sandbox, workerUrl) {
  await fetch(`${sandbox.url}/_sandbox/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${workerUrl}/webhooks/scalekit` }),
  });
}

/** A bearer token for a seeded user, made now or at another time. */
export async function token(sandboxUrl, user, provider = 'oidc', at) {
  let answer;
  try {
    const made = at === undefined ? '' : `&at=${at}`;
    answer = await fetch(`${sandboxUrl}/_sandbox/token/${encodeURIComponent(user)}?provider=${provider}${made}`);
  } catch {
    throw new Failure(`No sandbox answers at ${sandboxUrl}; start it with npm start or npm run sandbox.`);
  }
  const text = await answer.text();
  if (answer.ok) return text.trim();
  let detail = text;
  try {
    detail = JSON.parse(text).detail ?? text;
  } catch {
    // Not JSON: the text itself says it.
  }
  throw new Failure(detail.trim());
}

/** The secret that signs browser sessions: made once, kept with the state. */
async function sessionSecret(state) {
  const path = join(state, 'session-secret');
  if (existsSync(path)) return (await readFile(path, 'utf8')).trim();
  const secret = randomBytes(32).toString('hex');
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}
