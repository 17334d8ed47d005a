// A stack for one test file: sandbox and Worker on free ports, state in a folder of its own.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LOCAL, RELEASE } from '../../../scripts/lib/build.mjs';
import { GOES_ON_BY_ITSELF } from '../../../scripts/lib/demo.mjs';
import { makePast } from '../../../scripts/lib/past.mjs';
import { end, endAll, freePort, held } from '../../../scripts/lib/processes.mjs';
import { connectWebhooks, startSandbox, startWorker, token } from '../../../scripts/lib/stack.mjs';

/** `npm test -- --only` asks for the one that is built within seconds. */
export const BUILD = process.env.ONBEHALF_BUILD === LOCAL.profile ? LOCAL : RELEASE;

/** How a provider's refusal arrives: `kept`, or `server_error` for 500 where Scalekit maps it so. */
export const MAPPING = process.env.ONBEHALF_MAPPING ?? 'server_error';

/** Manners of a workspace whose Zendesk is connected with consent, like every other app. */
export const BY_CONSENT = {
  connections: {
    'hubspot-qkHFhMip': { provider: 'hubspot', kind: 'oauth' },
    'linear-mR2xVd9K': { provider: 'linear', kind: 'oauth' },
    'slack-Tz81bWqe': { provider: 'slack', kind: 'oauth' },
    'zendeskoauth-Hw3cJ6vE': { provider: 'zendeskoauth', kind: 'oauth' },
  },
};

export const WORKFLOW = '/api/workflows/onboarding-health';

/** The settings of a Worker whose agents ask this one of the sandbox's models. */
export const asking = ({ openai }, model) => ({
  MODEL: JSON.stringify({ baseUrl: openai, dialect: 'chat-completions', model }),
});

/** Whether a write gives a task its contact, its company or its owner. */
export const isLink = (entry) => ['hubspot_association_create', 'hubspot_task_update'].includes(entry.tool);

/** The identity providers the sandbox plays, and how each begins the names of its users. */
export const PROVIDERS = {
  oidc: '',
  okta: '00u',
  auth0: 'auth0|',
  clerk: 'user_',
  workos: 'user_01',
  'workos-older': 'user_01',
};

export class Stage {
  /** `provider` is whom people sign in with, `entry` what its entry says beside the usual, `manners`
   *  how the world differs from the strict one; `extra` settings, or what makes them of the sandbox;
   *  `past` whose runs of so many days gone by there are, and who they are in the world from the start;
   *  `shell` and `bindings` what stands before the Worker, and what it is bound to. */
  static async up(options = {}) {
    const stage = new Stage();
    try {
      await stage.#begin(options);
      return stage;
    } catch (error) {
      // Whatever has begun would keep the test's process for ever; logs stay where they are.
      await endAll();
      throw error;
    }
  }

  async #begin({ provider = 'oidc', entry, extra, env, limits, issuer, manners, past, shell, bindings }) {
    this.provider = provider;
    this.logs = [];
    /** Everybody who has signed in, and what models were asked meanwhile. */
    this.people = new Set();
    this.toModels = [];
    this.state = await mkdtemp(join(tmpdir(), 'onbehalf-e2e-'));
    this.manners = { provider_errors: MAPPING, ...manners };
    this.sandbox = await startSandbox(await freePort(), { profile: BUILD.sandbox, manners: this.manners });
    this.port = await freePort();
    this.extra = {
      ONBOARDING: JSON.stringify({ reconcileAfterSeconds: 1 }),
      ...(provider === 'oidc' && !entry ? {} : this.trusting({ [provider]: entry })),
      ...(typeof extra === 'function' ? extra(this.sandbox) : extra),
    };
    this.env = env;
    this.limits = limits;
    this.issuer = issuer;
    Object.assign(this, { shell, bindings });
    if (past) await this.live(past);
    await this.startWorker();
    await connectWebhooks(this.sandbox, this.url);
  }

  /** The settings of a Worker that trusts these providers: names, and what each entry says more. */
  trusting(providers) {
    const all = Object.entries(providers).map(([name, more]) => ({ ...this.sandbox.providers[name].entry, ...more }));
    const secrets = Object.keys(providers).map((name) => [
      this.sandbox.providers[name].entry.issuer,
      this.sandbox.providers[name].client_secret,
    ]);
    return { IDENTITY_PROVIDERS: JSON.stringify(all), OIDC_CLIENT_SECRET: JSON.stringify(Object.fromEntries(secrets)) };
  }

  /** What the sandbox counts an endpoint of the provider under. */
  counted(endpoint) {
    return this.provider === 'oidc' ? endpoint : `${this.provider}:${endpoint}`;
  }

  /** Seeds somebody who is named as the provider names its users; answers the name. */
  async somebody(name, seed = {}, provider = this.provider) {
    const user = `${PROVIDERS[provider]}${name}`;
    await this.control('POST', 'seed', { user, customers: 1, connectors: ['hubspot'], ...seed });
    return user;
  }

  live({ user, days, seed }) {
    return makePast(this.sandbox, {
      user,
      days,
      state: this.state,
      log: this.freshLog(),
      build: BUILD,
      began: () => this.somebody(user, seed),
    });
  }

  async startWorker() {
    this.worker = await startWorker(this.sandbox, {
      port: this.port,
      state: this.state,
      log: this.freshLog(),
      extra: this.extra,
      limits: this.limits,
      issuer: this.issuer,
      shell: this.shell,
      bindings: this.bindings,
      build: BUILD,
    });
    this.url = this.worker.url;
  }

  /** One file for each time the Worker is started: what one said before it died is kept. */
  freshLog() {
    const log = join(this.state, `worker-${this.logs.length + 1}.log`);
    this.logs.push(log);
    return log;
  }

  /** As the power going out: nothing gets to say goodbye. */
  async kill() {
    await end(this.worker.child, 'SIGKILL');
  }

  /** Does something while the Worker stands still, so that no file of it changes. */
  held(work) {
    return held(this.worker.child, work);
  }

  async down() {
    try {
      await this.hearModels();
    } finally {
      await endAll();
      await rm(this.state, { recursive: true, force: true });
    }
    this.assertNobodyNamed();
  }

  /** Takes down what the sandbox's models were asked since they were last forgotten. */
  async hearModels() {
    const { requests } = await this.control('GET', 'models');
    this.toModels.push(...requests.map((it) => JSON.stringify(it)));
  }

  /** No model was ever sent a token, a secret, or a name of anybody who has used this stack. */
  assertNobodyNamed() {
    const secrets = this.secrets();
    for (const text of this.toModels) {
      const inside = secrets.find((it) => text.includes(it));
      assert.equal(inside, undefined, `a model was sent ${inside}: ${text.slice(0, 500)}`);
      assert.doesNotMatch(text, /eyJ[\w-]{20,}\.eyJ/, 'a model was sent a token');
    }
  }

  /** What no model may read: what opens doors, and how each service calls whoever was here. */
  secrets() {
    const { idp, models, scalekit } = this.sandbox;
    const doors = [scalekit.client_secret, idp.client_secret, scalekit.webhook_secret, models.key, 'sandbox-token-'];
    const names = [...this.people].flatMap((it) => [`user_${it}`, `${it}@acme.example`]);
    return [...doors, ...names];
  }

  token(user, provider = this.provider) {
    this.people.add(user);
    return token(this.sandbox.url, user, provider);
  }

  /** One request to the Worker, as a user or as nobody. */
  async ask(method, path, { as, body, headers = {}, raw } = {}) {
    const answer = await fetch(path.startsWith('http') ? path : `${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(as ? { authorization: `Bearer ${await this.token(as)}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      // Pages are not JSON.
    }
    return { status: answer.status, headers: answer.headers, text, json };
  }

  /** The sandbox's controls. */
  async control(method, path, body) {
    // What is forgotten was sent all the same.
    if (`${method} ${path}` === 'DELETE models' || path === 'reset') await this.hearModels();
    const answer = await fetch(`${this.sandbox.url}/_sandbox/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${text}`);
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }

  /** Tasks and comments that were made for a user; what a task was given afterwards is in `links`. */
  async ledger(user) {
    return (await this.writes(user)).filter((entry) => !isLink(entry));
  }

  /** What the tasks of a user were given: contact, company, owner. */
  async links(user) {
    return (await this.writes(user)).filter(isLink);
  }

  writes(user) {
    return this.control('GET', `ledger?identifier=user_${user}`);
  }

  async trigger(user, body, headers) {
    // A run of its own, whatever else is open: two at once are one where nobody says otherwise.
    const answer = await this.ask('POST', `${WORKFLOW}/trigger?overlap=allow`, { as: user, body, headers });
    if (answer.status !== 200) throw new Error(`trigger: ${answer.status} ${answer.text}`);
    return answer.json.runId;
  }

  async run(user, runId, workflow = WORKFLOW) {
    return (await this.ask('GET', `${workflow}/runs/${runId}`, { as: user })).json;
  }

  /** The run once it has one of these statuses. `suspended` is one that waits for somebody: what an
   *  app's limits put off (`rate_limited`, where that is waited for), a run takes up by itself. */
  async until(user, runId, statuses = ['completed', 'failed', 'cancelled'], seconds = 240, workflow = WORKFLOW) {
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const run = await this.run(user, runId, workflow);
      const { reason } = run.suspension ?? {};
      const status = GOES_ON_BY_ITSELF.includes(reason) ? reason : run.status;
      if (statuses.includes(status)) return run;
      if (Date.now() > until) throw new Error(`the run is still ${run.status}: ${JSON.stringify(run.suspension)}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  /** The answer to a direct call once it has ended. */
  async callEnded(user, callId, seconds = 180) {
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const call = await this.ask('GET', `/api/tool-calls/${callId}`, { as: user });
      if (call.status === 200) return call.json;
      assert.equal(call.status, 202, call.text);
      if (Date.now() > until) throw new Error(`the call is still ${call.text}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async runToEnd(user, body) {
    return this.until(user, await this.trigger(user, body));
  }
}

/** A browser without pictures: cookies are kept for each host, redirects followed by hand. */
export class Browser {
  constructor() {
    this.cookies = new Map();
  }

  async go(url, { method = 'GET', form } = {}) {
    const { host } = new URL(url);
    const kept = this.cookies.get(host) ?? new Map();
    this.cookies.set(host, kept);
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(kept.size > 0 ? { cookie: [...kept].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      body: form ? new URLSearchParams(form).toString() : undefined,
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0/i.test(line)) kept.delete(pair.slice(0, at));
      else kept.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      text: await answer.text(),
      headers: answer.headers,
      location: location ? new URL(location, url).href : undefined,
      url,
    };
  }

  /** Follows redirects until a page. */
  async open(url, options) {
    let answer = await this.go(url, options);
    for (let hops = 0; answer.location && hops < 12; hops += 1) answer = await this.go(answer.location);
    return answer;
  }

  /** Presses the button of the page that asks whether an app is to be connected. */
  async confirm(page) {
    if (!/<form method="post" action="\/connect\//.test(page.text)) throw new Error(`no such page: ${page.text}`);
    return this.go(page.url, { method: 'POST', form: {} });
  }

  /** Consents on a provider's page; the answer says where the browser is sent then. */
  async allow(consent) {
    return this.go(consent, { method: 'POST', form: { decision: 'allow' } });
  }

  /** Begins to connect an app; answers where the browser is sent, or the page it sees instead. */
  async connect(url) {
    const page = await this.go(url);
    return page.status === 200 ? this.confirm(page) : page;
  }

  /** Signs in on the identity provider's page this browser is looking at. */
  async signIn(page, user) {
    const form = Object.fromEntries(new URL(page.url).searchParams);
    return this.open(page.url.split('?')[0], { method: 'POST', form: { ...form, user } });
  }
}
