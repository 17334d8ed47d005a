// What every measurement stands on: one sandbox, Onbehalf in workerd beside it, and the sandbox's
// controls. The sandbox is built with optimisation, so that it is never what is waited for.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { buildSandbox } from '../../scripts/lib/build.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { freePort } from '../../scripts/lib/processes.mjs';
import { Failure } from '../../scripts/lib/say.mjs';
import { MEASURED, configuration, startSandbox, token } from '../../scripts/lib/stack.mjs';
import { prepare, start } from './workerd.mjs';

export const WORKFLOW = '/api/workflows/onboarding-health';
const PROFILE = 'simulation';
/** A suspended run is none of these: with a thousand customers it suspends itself until the next of its invocations. */
const ENDED = ['completed', 'failed', 'cancelled'];
/** How often a run is looked at while it goes on, in milliseconds: seldom, since each look takes time
 *  from the run. The run's own clock says when it ended. */
const LOOK_AGAIN = 250;
const LONGEST_RUN = 300_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Onbehalf's Durable Objects, as wrangler.toml binds them. */
export const OBJECTS = {
  RUNS: 'RunObject',
  PRINCIPALS: 'PrincipalObject',
  ACCOUNTS: 'AccountObject',
  PORTALS: 'PortalObject',
  APPROVALS: 'ApprovalsObject',
  THREADS: 'ThreadObject',
  SCHEDULES: 'ScheduleObject',
  KEY_SETS: 'KeySetObject',
  SIGN_INS: 'SignInObject',
};

export class Stage {
  /** How many were made so far. */
  #users = 0;

  /** Builds and starts a sandbox; state goes below one of these folders. */
  static async up({ memory, disk }) {
    await buildSandbox({ profile: PROFILE });
    const stage = new Stage();
    stage.folder = memory;
    stage.disk = disk;
    stage.sandbox = await startSandbox(await freePort(), { profile: PROFILE, manners: MEASURED.manners });
    return stage;
  }

  /** Onbehalf laid out for workerd, with fresh storage in memory unless another folder is named. */
  async prepareOnbehalf(name, { folder = this.folder, ...extra } = {}) {
    const port = await freePort();
    const vars = configuration(
      this.sandbox,
      `http://localhost:${port}`,
      randomBytes(32).toString('base64url'),
      { IDENTITY_SCOPE: 'user', ...MEASURED.settings, ...extra },
    );
    const modules = [
      inRoot('bench', 'shells', 'onbehalf.mjs'),
      inRoot('bench', 'shells', 'memory_probe.mjs'),
      inRoot('build', 'index.js'),
      inRoot('build', 'index_bg.wasm'),
    ];
    return prepare(join(folder, name), { modules, vars, objects: OBJECTS, port });
  }

  async startOnbehalf(name, extra) {
    return start(await this.prepareOnbehalf(name, extra));
  }

  /** One of the sandbox's controls. */
  async control(path, body) {
    const answer = await fetch(`${this.sandbox.url}/_sandbox/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Failure(`The sandbox refused ${path}: ${await answer.text()}`);
    return answer.json();
  }

  token(user) {
    return token(this.sandbox.url, user);
  }

  /** Every call to Scalekit takes this much longer; the identity provider answers at once. */
  latency(ms) {
    const rule = (endpoint) => ({ match: { endpoint }, latency_ms: ms });
    return this.control('faults', { rules: ms === 0 ? [] : ['execute_tool', 'list_accounts', 'token'].map(rule) });
  }

  /** A customer success manager on their first day, in apps of their own; answers the user's name.
   *  The customers are the same for everybody who is given as many. Nobody is there a second time: a
   *  Worker remembers whom it has flagged in a portal. */
  async freshUser(customers) {
    this.#users += 1;
    const user = `bench${this.#users}`;
    await this.control('seed', { user, customers, like: 'bench' });
    return user;
  }

  /** Calls and writes so far, to be compared with a later moment's. */
  async counts() {
    const { tools, endpoints } = await this.control('calls');
    return { tools, accounts: endpoints.list_accounts ?? 0, tokens: endpoints.token ?? 0 };
  }
}

/** A request to Onbehalf as the bearer; fails on anything but success. */
export async function ask(url, bearer, method = 'GET', body) {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Failure(`${method} ${new URL(url).pathname}: ${answer.status} ${json.detail ?? ''}`);
  return json;
}

/** Starts a run and waits for its end; answers its view and the milliseconds from the request. */
export async function wholeRun(worker, bearer) {
  const began = Date.now();
  const { runId } = await ask(`${worker.url}${WORKFLOW}/trigger`, bearer, 'POST');
  const until = began + LONGEST_RUN;
  for (;;) {
    await pause(LOOK_AGAIN);
    const { runs } = await ask(`${worker.url}${WORKFLOW}/runs?limit=1`, bearer);
    const [latest] = runs;
    if (latest.runId === runId && ENDED.includes(latest.status)) break;
    if (Date.now() > until) throw new Failure(`${runId} did not end in five minutes.`);
  }
  const view = await ask(`${worker.url}${WORKFLOW}/runs/${runId}`, bearer);
  if (view.status !== 'completed') throw new Failure(`${runId} is ${view.status}: ${JSON.stringify(view.failure)}`);
  return { view, ms: Date.parse(view.endedAt) - began };
}
