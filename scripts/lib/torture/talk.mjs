// What people say to the agent and ask of the tools directly, over all lives of the Worker: each request is sent again
// until it is answered. Owns that, and what was seen on the way; how waiting writes are decided is for `decisions.mjs`,
// what must be true in the end for `judge_talk.mjs` to say.

import { call } from '../demo.mjs';
import { Failure } from '../say.mjs';
import { pick } from './dice.mjs';
import { Decisions, TOOL_CALL, runs } from './decisions.mjs';
import { AGENT, Book } from './errands.mjs';
import { chunks, placed, shownIn } from './questions.mjs';

const ISSUES = '/api/tools/linear-list-open-issues/execute';
/** Everything of a turn: later than any answer of it. */
const ALL = Infinity;
/** How likely a call without a key is asked for again in a later life, though it was answered. */
const ASKED_AGAIN = 0.3;
/** What asks a client to come again; whatever else is no answer is a defect. Where a process dies, what stands before it
 *  says so in words of its own. */
const COME_AGAIN = [429, 503];
const DIED = [500, 502, 504];

export class Talk {
  constructor({ random, everybody, control, count }) {
    Object.assign(this, { random, everybody, control, count });
    this.book = new Book(random);
    /** Questions to the model, in the order in which they came. */
    this.asked = [];
    /** Answers of the model that somebody was shown: of which turn, and when. */
    this.shown = [];
    /** What was answered and should not have been. */
    this.refused = [];
    this.life = 0;
    this.pending = new Set();
    this.decider = new Decisions(this);
    this.takenBack = new Set();
  }

  /** Settings that hold in every life: who is asked about what they want written. */
  settings() {
    const asked = this.everybody.filter((it) => it.asksFirst);
    const trusting = this.everybody.filter((it) => !it.asksFirst);
    const rules = [
      ...asked.map(({ user }) => ({ by: 'api', claim: { sub: user }, decide: 'ask' })),
      ...trusting.map(({ user }) => ({ by: 'agent', claim: { sub: user }, decide: 'allow' })),
    ];
    // A day: what is asked for again without a key is the same call for as long as this takes.
    return { TOOL_POLICY: JSON.stringify({ rules }), TOOL_REPEAT_MINUTES: '1440' };
  }

  /** Looks up, while nothing goes wrong, where each person comments. */
  async prepare(url) {
    for (const person of this.everybody) {
      const { status, issues } = await call(`${url}${ISSUES}`, person.bearer, { method: 'POST', body: { first: 1 } });
      if (status !== 'success') throw new Failure(`No issue could be read for ${person.user}.`);
      person.issue = issues[0].id;
    }
  }

  /** One life begins, of which the last is not cut short: what was not answered is sent again, and a few new things are
   *  wanted. */
  begin(url, { isLast = false } = {}) {
    this.url = url;
    this.mayDie = !isLast;
    this.life += 1;
    this.power = new AbortController();
    this.again();
    for (const direct of this.book.calls) {
      const isUnnamed = direct.requests[0].key === undefined;
      if (isUnnamed && direct.way === 'again later' && this.random() < ASKED_AGAIN) {
        const request = { key: undefined, callId: undefined, isAgain: true };
        direct.requests.push(request);
        this.execute(direct, request);
      }
    }
    const way = pick(this.random, ['message', 'message', 'two messages at once', 'reading', 'nothing']);
    this.count(`said: ${way}`);
    const person = pick(this.random, this.everybody);
    if (way !== 'nothing') {
      const message = this.book.message(person, { reads: way !== 'message' });
      this.say(message);
      if (way === 'two messages at once') this.say(this.book.beside(message));
    }
    const direct = this.book.call(pick(this.random, this.everybody));
    this.count(`asked of a tool: ${direct.way}`);
    for (const request of direct.requests) this.execute(direct, request);
  }

  /** Sends again what was not answered. */
  again() {
    for (const message of this.book.messages.filter((it) => !it.isTaken && !it.isOnItsWay)) this.say(message);
    for (const direct of this.book.calls) {
      for (const request of direct.requests.filter((it) => !it.callId && !it.isOnItsWay)) this.execute(direct, request);
    }
  }

  /** The power has gone out: nobody is answered any more, and what the model was asked in this life is taken down. */
  async struck() {
    this.power.abort();
    await Promise.all(this.pending);
    this.assertTaken();
    await this.hear();
  }

  async hear() {
    const { dropped, requests, answers } = await this.control(`models?after=${this.asked.length}`);
    if (dropped > this.asked.length) throw new Failure('The sandbox has dropped questions that nobody had looked at.');
    for (const [at, body] of requests.entries()) {
      const text = JSON.stringify(body);
      const names = this.everybody.filter(({ user }) => new RegExp(`\\buser_${user}\\b|\\b${user}@`).test(text));
      const token = /eyJ[\w-]{20,}\.eyJ/.test(text);
      this.asked.push({ ...answers[at], ...placed(body), life: this.life, names: names.map((it) => it.user), token });
    }
  }

  /** Sends a message, and listens to what comes of it for as long as the Worker lives. */
  say(message) {
    message.sentAt ??= Date.now();
    const body = { id: message.id, role: 'user', parts: [{ type: 'text', text: message.text }] };
    return this.listen(message, { message: body }, () => {
      message.takenAt ??= Date.now();
      message.isTaken = true;
    });
  }

  listen(message, body, taken = () => {}) {
    return this.#background(message, async () => {
      const answer = await this.#send(message.person, `/api/agents/${AGENT}/threads/${message.thread}/messages`, body);
      if (!answer.ok) return this.#notTaken(answer, `message ${message.id}`);
      taken();
      for await (const chunk of chunks(answer.body)) {
        const step = shownIn(chunk);
        if (step !== undefined) this.show(message, step);
        if (chunk.type === 'finish' && chunk.messageMetadata) this.#over(message);
      }
    }, 'a stream broke off');
  }

  show(message, step) {
    this.shown.push({ turn: message.text, step, at: Date.now() });
  }

  #over(message) {
    if (!message.isOver) this.show(message, ALL);
    message.isOver = true;
  }

  execute({ errand, person }, request) {
    return this.#background(request, async () => {
      const headers = request.key === undefined ? {} : { 'idempotency-key': request.key };
      const answer = await this.#send(person, `/api/tools/${errand.tool}/execute`, errand.arguments, headers);
      if (!answer.ok) return this.#notTaken(answer, errand.name);
      request.callId = (await answer.json()).callId;
    }, 'a call of a tool was not answered');
  }

  async #notTaken(answer, what) {
    const text = await answer.text();
    if (COME_AGAIN.includes(answer.status) || (this.mayDie && DIED.includes(answer.status))) return this.count(`answered with ${answer.status}`);
    return this.refused.push(`${what} was refused: ${answer.status} ${text.slice(0, 300)}`);
  }

  /** Fails where something was refused that had to be taken: nothing that is waited for would come of it. */
  assertTaken() {
    if (this.refused.length > 0) throw new Failure(this.refused.join('\n  '));
  }

  #send(person, path, body, headers = {}) {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person.bearer}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: this.power.signal,
    });
  }

  #background(what, act, struck) {
    what.isOnItsWay = true;
    const done = act()
      .catch(() => this.count(struck))
      .finally(() => {
        what.isOnItsWay = false;
        this.pending.delete(done);
      });
    this.pending.add(done);
    return done;
  }

  /** Decides what waits, as long as the Worker lives. */
  decisions(until) {
    return this.decider.decide(until);
  }

  read(person, thread) {
    return call(`${this.url}/api/agents/${AGENT}/threads/${thread}`, person.bearer);
  }

  /** Every thread as it stands, with whose it is. */
  async threads() {
    const names = new Map(this.book.messages.map((it) => [`${it.person.user} ${it.thread}`, it]));
    const all = [];
    for (const { person, thread } of names.values()) all.push({ person, ...(await this.read(person, thread)) });
    return all;
  }

  /** Looks what has come to its end; answers what has not, in words. `left` are plans that nobody decides. */
  async open() {
    const open = [];
    const waits = [];
    for (const message of this.book.messages.filter((it) => !it.isTaken)) open.push(`message ${message.id}`);
    for (const { person, id, messages } of await this.threads()) {
      for (const message of this.book.messages.filter((it) => it.person === person && it.thread === id && !it.isOver)) {
        const answer = messages[messages.findIndex((it) => it.id === message.id) + 1];
        const asks = answer?.parts.some((it) => it.state === 'approval-requested');
        if (answer?.role === 'assistant' && answer.metadata) this.#over(message);
        else if (asks && message.end === 'cancelled') waits.push([person, AGENT, answer.id]);
        else open.push(`message ${message.id}`);
      }
    }
    for (const direct of this.book.calls) {
      for (const { callId } of direct.requests) {
        const found = callId && (await call(`${this.url}/api/tool-calls/${callId}`, direct.person.bearer));
        // Where it is decided about is told of a call that goes on.
        if (found && !found.run) continue;
        const asks = found?.suspension?.reason === 'approval_required';
        if (asks && direct.errand.verdict === 'leave') waits.push([direct.person, TOOL_CALL, callId]);
        else open.push(direct.errand.name);
      }
    }
    return { open, waits };
  }

  /** Takes back what nobody has decided. */
  async takeBack(waits) {
    for (const [person, workflow, runId] of waits.filter((it) => !this.takenBack.has(it.at(-1)))) {
      this.takenBack.add(runId);
      await call(`${this.url}${runs(workflow)}/${runId}`, person.bearer, { method: 'DELETE' });
      this.count('taken back');
    }
  }

  /** Each direct call under its name, as the Worker tells of it. */
  async calls() {
    const all = [];
    for (const direct of this.book.calls) {
      for (const { key, callId } of direct.requests) {
        const found = await call(`${this.url}/api/tool-calls/${callId}`, direct.person.bearer);
        all.push({ errand: direct.errand, key, callId, found });
      }
    }
    return all;
  }
}
