// What people want written while the Worker is killed, and what may come of it: settled before anybody is asked, so that
// nothing the Worker answers can change it. Owns the book of it; refuses to know how it is asked for.

import { between, pick } from './dice.mjs';

export const AGENT = 'onboarding-assistant';
/** Who has to look at what they want written decides one of these ways, the same whenever they are asked; `leave` is to
 *  look and say nothing. */
const VERDICTS = ['approve', 'approve', 'reject', 'leave'];
const WRITES = ['hubspot-create-task', 'linear-create-comment'];
/** Read beside what is written, so that an answer has calls of both kinds. */
const READS = {
  'hubspot-list-due-tasks': { due_before: '2030-01-01T00:00:00Z' },
  'linear-list-open-issues': { first: 3 },
  'latest-onboarding-health': {},
};
const DUE = '2030-01-01T00:00:00Z';
/** Errands of one message. */
const MOST_ERRANDS = 3;

/** How often an errand's write has to stand in the app in the end. */
export const wanted = ({ verdict, times }) => (['approve', 'allowed'].includes(verdict) ? times : 0);

/** What an app was told: the errand's name, if it is one's. */
export const named = ({ params }) => params.hs_task_subject ?? params.variables?.input?.body;

export class Book {
  constructor(random) {
    this.random = random;
    /** By their names. */
    this.errands = new Map();
    this.messages = [];
    this.calls = [];
  }

  /** A message with a few errands, or with none but reading, to a thread that nothing is under way in. */
  message(person, { reads = false } = {}) {
    const errands = reads ? [] : this.#errands(person, between(this.random, 1, MOST_ERRANDS));
    const read = pick(this.random, Object.keys(READS));
    const calls = [[read, READS[read]], ...errands.map((it) => [it.tool, it.arguments])];
    const id = `m${this.messages.length + 1}`;
    const message = {
      id,
      person,
      thread: this.#thread(person),
      // Each text is another, so that a question to the model says which turn it is of.
      text: `Message ${id}: please use ${calls.map(([tool, input]) => `${tool} ${JSON.stringify(input)}`).join(' and ')}`,
      errands: errands.map((it) => it.name),
      end: errands.some((it) => it.verdict === 'leave') ? 'cancelled' : 'answered',
      answeredInMessage: this.random() < 0.5,
      decidedTwice: this.random() < 0.3,
    };
    this.messages.push(message);
    return message;
  }

  /** A second message to the same thread, before the first has come to anything. */
  beside(first) {
    const message = this.message(first.person, { reads: true });
    message.thread = first.thread;
    return message;
  }

  /** A write that is asked for directly, in one of the ways people do. Each request is to be sent until it is answered. */
  call(person) {
    const way = pick(this.random, ['once', 'twice at once', 'again later', 'with a key', 'with two keys']);
    const times = way === 'with two keys' ? 2 : 1;
    const [errand] = this.#errands(person, 1, times);
    const unnamed = { once: 1, 'twice at once': 2, 'again later': 1 }[way] ?? 0;
    const keys = unnamed > 0 ? Array(unnamed).fill(undefined) : Array.from({ length: times }, (_, at) => `${errand.name}-key-${at}`.replace(' ', '-'));
    const call = {
      errand,
      person,
      way,
      decidedTwice: this.random() < 0.3,
      requests: keys.map((key) => ({ key, callId: undefined, isAgain: false })),
    };
    this.calls.push(call);
    return call;
  }

  #errands(person, count, times = 1) {
    // What somebody leaves undecided is asked for alone: the plan it stands in is never decided.
    const leaves = person.asksFirst && pick(this.random, VERDICTS) === 'leave';
    return Array.from({ length: leaves ? 1 : count }, () => {
      const name = `Errand ${this.errands.size + 1}`;
      const tool = pick(this.random, WRITES);
      const errand = {
        name,
        identifier: person.identifier,
        tool,
        arguments: tool === 'hubspot-create-task' ? { subject: name, due: DUE } : { issue_id: person.issue, body: name },
        verdict: this.#verdict(person, leaves),
        times,
      };
      this.errands.set(name, errand);
      return errand;
    });
  }

  #verdict(person, leaves) {
    if (!person.asksFirst) return 'allowed';
    return leaves ? 'leave' : pick(this.random, VERDICTS.filter((it) => it !== 'leave'));
  }

  /** One of the person's threads in which every turn is over, or a new one. */
  #thread(person) {
    const own = this.messages.filter((it) => it.person === person);
    const threads = [...new Set(own.map((it) => it.thread))];
    const free = threads.filter((thread) => own.every((it) => it.thread !== thread || it.isOver));
    return free.length > 0 ? pick(this.random, free) : `t${threads.length + 1}`;
  }
}
