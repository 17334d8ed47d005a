// The lives of one Worker, and what its users do in each. Owns the order of things; what must be true
// in the end is for `judge.mjs` to say.

import { join } from 'node:path';

import { call } from '../demo.mjs';
import { end, freePort } from '../processes.mjs';
import { begin } from '../progress.mjs';
import { Failure } from '../say.mjs';
import { startSandbox, startWorker, token } from '../stack.mjs';
import { between, pick } from './dice.mjs';
import { drawFaults } from './faults.mjs';
import { isEnded } from './judge.mjs';
import { everyPage } from './pages.mjs';
import { isRefused, people, seed } from './people.mjs';
import { Talk } from './talk.mjs';

const WORKFLOW = '/api/workflows/onboarding-health';
/** Kills come this long after the Worker is up, in milliseconds. */
const SHORTEST_LIFE = 150;
const LONGEST_LIFE = 3000;
/** How long after the faults have ended a run may take: a request under way (65 s), HubSpot's lag, and
 *  the longest pauses between two attempts, several times over. */
const CONCLUDES_WITHIN_MS = 25 * 60_000;
/** How often open runs are looked at in the end, and what waits for a decision while the Worker lives, in
 *  milliseconds. */
const LOOK_EVERY_MS = 2000;
const DECIDE_EVERY_MS = 300;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Story {
  constructor({ users, random, state, build }) {
    this.random = random;
    this.state = state;
    this.build = build;
    this.everybody = people(users);
    /** Runs whose start was answered, each with its person. */
    this.started = new Map();
    /** Runs whose plan somebody has decided. */
    this.decided = new Set();
    /** How often each thing happened. */
    this.exercised = {};
    this.control = this.control.bind(this);
    this.talk = new Talk({ random, everybody: this.everybody, control: this.control, count: this.count.bind(this) });
  }

  async begin() {
    this.sandbox = await startSandbox(await freePort(), { profile: this.build.sandbox });
    await seed(this.control, this.everybody);
    this.port = await freePort();
    await this.start(this.drawSettings());
    await this.talk.prepare(this.worker.url);
    await end(this.worker.child, 'SIGKILL');
  }

  /** One life: other settings, other faults, somebody starts something, and the power goes out. */
  async live(kill) {
    const { kinds, rules } = drawFaults(this.random);
    for (const kind of kinds) this.count(kind);
    await this.control('faults', { rules });
    await this.start(this.drawSettings());
    const until = Date.now() + SHORTEST_LIFE + this.random() * (LONGEST_LIFE - SHORTEST_LIFE);
    this.talk.begin(this.worker.url);
    await this.triggers(kill);
    while (Date.now() < until) {
      await this.decisions(until);
      await this.talk.decisions(until);
      await pause(Math.min(DECIDE_EVERY_MS, Math.max(0, until - Date.now())));
    }
    await end(this.worker.child, 'SIGKILL');
    this.count('kill');
    await this.talk.struck();
  }

  /** Ends all faults, and waits for all that was said and asked for, and for all runs; answers the runs. */
  async conclude() {
    await this.control('faults', { rules: [] });
    await this.start(this.drawSettings());
    const until = Date.now() + CONCLUDES_WITHIN_MS;
    this.talk.begin(this.worker.url, { isLast: true });
    const progress = begin('The end');
    try {
      await this.untilSaid(until, progress);
      const runs = await this.untilRun(until, progress);
      this.conversations = { threads: await this.talk.threads(), calls: await this.talk.calls() };
      await this.talk.struck();
      return runs;
    } finally {
      progress.end();
    }
  }

  /** Waits for every turn and every direct call. What nobody decides is taken back once nothing else is open. */
  async untilSaid(until, progress) {
    for (;;) {
      await this.talk.decisions(until);
      const { open, waits } = await this.talk.open();
      progress.say(`${open.length} of what was said is under way, ${waits.length} waits for nobody: ${open.slice(0, 5).join(', ')}`);
      if (open.length + waits.length === 0) return;
      if (open.length === 0) await this.talk.takeBack(waits);
      if (Date.now() > until) {
        const left = waits.map(([, , runId]) => `${runId}, which was taken back`);
        throw new Failure(`What was said or asked for did not end: ${[...open, ...left].join(', ')}`);
      }
      this.talk.assertTaken();
      this.talk.again();
      await pause(LOOK_EVERY_MS);
    }
  }

  async untilRun(until, progress) {
    for (;;) {
      await this.decisions(until);
      const runs = await this.runs();
      const listed = new Set(runs.map((run) => run.runId));
      const lost = [...this.started.keys()].filter((id) => !listed.has(id));
      if (lost.length > 0) throw new Failure(`Runs were lost: ${lost.join(', ')}`);
      const open = runs.filter((run) => !isEnded(run));
      if (open.length === 0) return runs;
      progress.say(`${open.length} runs`);
      if (Date.now() > until) {
        throw new Failure(`${open.length} runs did not end: ${open.map((run) => `${run.runId} ${run.status}`).join(', ')}`);
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  ledger() {
    return this.control('ledger');
  }

  count(what) {
    this.exercised[what] = (this.exercised[what] ?? 0) + 1;
  }

  /** A deployment changes what it likes, except whose customers a run covers. */
  drawSettings() {
    const reflag = pick(this.random, ['when_worse', 'daily', 'never_while_open']);
    const budget = pick(this.random, ['40', '900']);
    this.count(`reflag ${reflag}`);
    this.count(`budget of ${budget} calls`);
    return {
      // HubSpot's index lags up to a minute in this world.
      ONBOARDING: JSON.stringify({ customers: 'portal', reconcileAfterSeconds: 90, reflag }),
      SUBREQUEST_BUDGET: budget,
      ...this.talk.settings(),
    };
  }

  async start(extra) {
    // Anew for each life: a token is good for an hour, and many kills take longer.
    for (const person of this.everybody) person.bearer = await token(this.sandbox.url, person.user);
    const log = join(this.state, 'worker.log');
    this.worker = await startWorker(this.sandbox, { port: this.port, state: this.state, log, append: true, extra, build: this.build });
  }

  async control(path, body) {
    const answer = await fetch(`${this.sandbox.url}/_sandbox/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Failure(`The sandbox refused ${path}: ${await answer.text()}`);
    return answer.json();
  }

  /** Starts in one of the ways people do, sometimes none. */
  async triggers(kill) {
    const person = pick(this.random, this.everybody);
    const colleague = this.everybody.find((it) => it.portal === person.portal && it !== person) ?? person;
    const way = pick(this.random, ['none', 'one', 'twice at once', 'apart at once', 'colleagues at once']);
    this.count(`trigger: ${way}`);
    const [all, how] = {
      none: [[], ''],
      one: [[person], ''],
      'twice at once': [[person, person], ''],
      'apart at once': [[person, person], '?overlap=allow'],
      'colleagues at once': [[person, colleague], ''],
    }[way];
    await Promise.all(all.map((who, at) => this.trigger(who, `key-${kill}-${at}`, how)));
  }

  async trigger(person, key, how) {
    const options = { method: 'POST', headers: { 'idempotency-key': key }, body: { approval: person.asksFirst ? 'required' : 'none' } };
    try {
      const { runId } = await call(`${this.worker.url}${WORKFLOW}/trigger${how}`, person.bearer, options);
      this.started.set(runId, person);
    } catch {
      // Struck in the middle: the run may have begun all the same, and is then in its owner's list.
      this.count('trigger unanswered');
    }
  }

  /** Decides what waits, as long as the Worker lives. */
  async decisions(until) {
    for (const person of this.everybody.filter((it) => it.asksFirst)) {
      try {
        const { runs } = await call(`${this.worker.url}${WORKFLOW}/runs?status=suspended&limit=100`, person.bearer);
        for (const { runId } of runs) {
          if (Date.now() > until) return;
          await this.decide(person, runId);
        }
      } catch {
        this.count('decision unanswered');
      }
    }
  }

  async decide(person, runId) {
    const at = `${this.worker.url}${WORKFLOW}/runs/${runId}`;
    const run = await call(at, person.bearer);
    if (run.suspension?.reason !== 'approval_required') return;
    const { number, hash, plan } = run.suspension;
    const refused = plan.actions.filter((it) => isRefused(it.name));
    const items = Object.fromEntries(refused.map((it) => [it.item, 'reject']));
    const body = { number, approval: { hash, decision: 'approve', items } };
    await call(`${at}/resume`, person.bearer, { method: 'POST', body });
    this.decided.add(runId);
    this.count('decision');
  }

  /** All runs of all people, each with its person. */
  async runs() {
    const runs = [];
    for (const person of this.everybody) {
      const at = `${this.worker.url}${WORKFLOW}/runs`;
      for (const { runId } of await everyPage(at, person.bearer, 'runs')) {
        runs.push({ ...(await call(`${at}/${runId}`, person.bearer)), person });
      }
    }
    return runs;
  }
}
