// What waits for a person in the middle of it all, and how it is decided: as the book has it, in one of the ways there
// are, once or twice at once. Owns the ways; refuses to know when the Worker dies.

import { call } from '../demo.mjs';
import { Failure } from '../say.mjs';
import { AGENT } from './errands.mjs';
import { everyPage } from './pages.mjs';

export const TOOL_CALL = 'tool-call';
export const runs = (workflow) => `/api/workflows/${workflow}/runs`;

export class Decisions {
  /** For those who talk; `talk` says where the Worker is, and is told what was shown. */
  constructor(talk) {
    this.talk = talk;
    /** Runs that wait for a decision which nobody will take. */
    this.left = new Set();
  }

  /** Decides what waits, as long as the Worker lives. */
  async decide(until) {
    for (const person of this.talk.everybody.filter((it) => it.asksFirst)) {
      try {
        for (const { workflow, runId } of await this.#waiting(person)) {
          if (Date.now() > until) return;
          await this.#decide(person, workflow, runId);
        }
      } catch {
        this.talk.count('decision unanswered');
      }
    }
  }

  /** What waits for a person, but for what they will not decide. */
  async #waiting(person) {
    const waiting = await everyPage(`${this.talk.url}/api/approvals`, person.bearer, 'approvals');
    return waiting.filter((it) => [AGENT, TOOL_CALL].includes(it.workflow) && !this.left.has(it.runId));
  }

  async #decide(person, workflow, runId) {
    const at = `${this.talk.url}${runs(workflow)}/${runId}`;
    const { suspension } = await call(at, person.bearer);
    if (suspension?.reason !== 'approval_required') return;
    const errands = [suspension.plan].flat().map((write) => this.#errandOf(write));
    const message = this.talk.book.messages.find((it) => it.errands.includes(errands[0]?.name));
    // What stands in the plan of a turn is the model's first answer.
    if (workflow === AGENT && message) this.talk.show(message, 0);
    if (errands.some((it) => it?.verdict === 'leave')) {
      this.left.add(runId);
      return;
    }
    const verdicts = errands.map((it) => (it?.verdict === 'approve' ? 'approve' : 'reject'));
    const isMixed = new Set(verdicts).size > 1;
    const decide =
      message && workflow === AGENT && (isMixed || message.answeredInMessage)
        ? () => this.#answerInMessage(message, runId)
        : () => this.#resume(person, at, suspension, verdicts[0]);
    const direct = this.talk.book.calls.find((it) => it.errand === errands[0]);
    const isTwice = (workflow === AGENT ? message : direct)?.decidedTwice;
    await Promise.all(isTwice ? [decide(), decide()] : [decide()]);
    this.talk.count(isTwice ? 'decision, twice at once' : 'decision');
  }

  /** The errand that a write of a plan is for; none where nobody has asked for it. */
  #errandOf({ tool, arguments: { subject, body } }) {
    const errand = this.talk.book.errands.get(tool === 'hubspot-create-task' ? subject : body);
    return errand?.tool === tool ? errand : undefined;
  }

  async #resume(person, at, { number, hash }, decision) {
    const answer = await fetch(`${at}/resume`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person.bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ number, approval: { hash, decision } }),
      signal: this.talk.power.signal,
    });
    const text = await answer.text();
    // The second of two at once may find that the first was quicker.
    if (!answer.ok && answer.status !== 409) throw new Failure(text);
  }

  /** Answers each part that asks, in the message that holds them, and listens to what comes of it. */
  async #answerInMessage(message, runId) {
    const { messages } = await this.talk.read(message.person, message.thread);
    const asking = messages.find((it) => it.id === runId);
    const parts = asking.parts.map((part) =>
      part.state === 'approval-requested'
        ? { ...part, state: 'approval-responded', approval: { ...part.approval, approved: this.#approves(part) } }
        : part,
    );
    this.talk.listen(message, { message: { ...asking, parts } });
  }

  #approves({ toolName, input }) {
    return this.#errandOf({ tool: toolName, arguments: input })?.verdict === 'approve';
  }
}
