// What must be true in the end of all that was said to the agent and asked of the tools directly. Judges by what people
// wanted, what stands in HubSpot and Linear, and what the model's provider was asked; the Worker's own word is only ever
// held against it.

import { named, wanted } from './errands.mjs';

/** Everything that is wrong, as lines, and how many answers of the model were paid for twice and might be. */
export function judgeTalk({ book, ledger, threads, calls, asked, shown }) {
  const wrong = [];
  written(book, ledger, wrong);
  standing(book, threads, wrong);
  told(book, threads, ledger, wrong);
  called(calls, ledger, wrong);
  paid(book, { asked, shown, ledger }, wrong);
  silent(book, asked, wrong);
  return { wrong, ...counted(asked) };
}

/** Splits what stands in the apps into what errands are for and all else. */
export function ofErrands(book, ledger) {
  const isErrand = (entry) => book.errands.has(named(entry));
  return { errands: ledger.filter(isErrand), rest: ledger.filter((it) => !isErrand(it)) };
}

const copies = (ledger, name) => ledger.filter((it) => named(it) === name);

/** What is wanted and approved stands there as often as it was wanted, and nothing else does; each under whose it is. */
function written(book, ledger, wrong) {
  for (const errand of book.errands.values()) {
    const there = copies(ledger, errand.name);
    if (there.length !== wanted(errand)) {
      const when = there.map((it) => `${it.id} at ${it.at}`).join(', ');
      wrong.push(`${errand.name} (${errand.verdict}) stands ${there.length} times instead of ${wanted(errand)}: ${when}`);
    }
    for (const entry of there.filter((it) => it.identifier !== errand.identifier)) {
      wrong.push(`${errand.name} of ${errand.identifier} was written by ${entry.identifier}`);
    }
  }
}

/** Each thread holds each message once, as it was said and in the order in which it was, each with one answer behind it
 *  whose turn has the end that it had to come to. */
function standing(book, threads, wrong) {
  for (const { person, id, messages, open } of threads) {
    const where = `thread ${id} of ${person.user}`;
    const said = book.messages.filter((it) => it.person === person && it.thread === id);
    const people = messages.filter((it) => it.role === 'user');
    for (const message of said) {
      const same = people.filter((it) => it.id === message.id);
      if (same.length !== 1) wrong.push(`${where}: ${message.id} stands there ${same.length} times`);
      if (same.some((it) => it.parts.map((part) => part.text).join('') !== message.text)) {
        wrong.push(`${where}: ${message.id} has another text`);
      }
      ended(message, messages, where, wrong);
    }
    for (const other of people.filter((it) => said.every((message) => message.id !== it.id))) {
      wrong.push(`${where}: nobody has said ${other.id} there`);
    }
    inOrder(said, people, where, wrong);
    const answers = messages.filter((it) => it.role === 'assistant').map((it) => it.id);
    if (new Set(answers).size !== people.length || answers.length !== people.length) {
      wrong.push(`${where}: ${people.length} messages, and the answers ${answers.join(', ')}`);
    }
    if (open.length > 0) wrong.push(`${where}: still open are ${open.join(', ')}`);
  }
  const there = new Set(threads.map((it) => `${it.person.user} ${it.id}`));
  for (const { id, person, thread } of book.messages.filter((it) => !there.has(`${it.person.user} ${it.thread}`))) {
    wrong.push(`${id} of ${person.user}: there is no thread ${thread}`);
  }
}

function ended(message, messages, where, wrong) {
  const answer = messages[messages.findIndex((it) => it.id === message.id) + 1];
  const { how, end } = (answer?.role === 'assistant' && answer.metadata) || {};
  const came = how === 'result' ? end : how;
  if (came !== message.end) wrong.push(`${where}: ${message.id} came to ${came} instead of ${message.end}`);
}

/** Whoever spoke after they had been heard stands behind what they had said. */
function inOrder(said, people, where, wrong) {
  const at = (message) => people.findIndex((it) => it.id === message.id);
  for (const first of said) {
    for (const later of said.filter((it) => it.sentAt > first.takenAt && at(it) < at(first))) {
      wrong.push(`${where}: ${later.id} stands before ${first.id}`);
    }
  }
}

/** What a thread says of a write is true. */
function told(book, threads, ledger, wrong) {
  for (const { messages } of threads) {
    for (const part of messages.flatMap((it) => it.parts).filter((it) => it.type === 'dynamic-tool')) {
      const name = part.input?.subject ?? part.input?.body;
      if (!book.errands.has(name)) continue;
      const isDone = part.state === 'output-available' && part.output?.status === 'success';
      if (isDone !== copies(ledger, name).length > 0) {
        wrong.push(`${name} is told as ${part.state}, and stands ${copies(ledger, name).length} times`);
      }
    }
  }
}

/** One call has one name however often it is asked for, two that are meant have two, and each tells its true end. */
function called(calls, ledger, wrong) {
  const names = new Map();
  for (const { errand, key, callId, found } of calls) {
    const known = names.get(errand.name) ?? new Map();
    names.set(errand.name, known);
    const earlier = known.get(key) ?? callId;
    if (earlier !== callId) wrong.push(`${errand.name} was called ${earlier} and then ${callId}`);
    known.set(key, callId);
    const isThere = copies(ledger, errand.name).length > 0;
    if ((found.status === 'success') !== isThere) {
      wrong.push(`${errand.name}, ${callId}, tells ${JSON.stringify(found).slice(0, 300)}`);
    }
  }
  for (const [name, known] of names) {
    if (new Set(known.values()).size !== known.size) wrong.push(`${name}: calls with keys of their own are one`);
  }
}

/** Nothing is asked again that was paid for and kept. An answer is known to be kept once anything shows what followed
 *  from it: the model is told of it, a person sees it, a write of it stands. Before that, only a kill may have lost it. */
function paid(book, { asked, shown, ledger }, wrong) {
  const turns = new Map(book.messages.map((it) => [it.text, it]));
  const earlier = new Map();
  for (const question of asked) {
    const { turn, step, at } = question;
    const message = turns.get(turn);
    if (!message) {
      wrong.push(`the model was asked about something nobody has said: ${turn.slice(0, 120)}`);
      continue;
    }
    const before = earlier.get(turn) ?? [];
    earlier.set(turn, [...before, question]);
    const again = (why) => wrong.push(`answer ${step} of ${message.id} was asked for again ${why}`);
    if (before.some((it) => it.step > step)) again('though the model had been told of it');
    if (before.some((it) => it.whole && it.step === step && it.life === question.life)) again('without a kill in between');
    if (shown.some((it) => it.turn === turn && it.step >= step && it.at < at)) again('though somebody had seen it');
    // Errands are in the first answer.
    const writes = message.errands.flatMap((name) => copies(ledger, name));
    if (step === 0 && writes.some((it) => Date.parse(it.at) < at)) again('though its write stood');
    if (question.token || question.names.includes(message.person.user)) {
      wrong.push(`the model was told who says ${message.id}`);
    }
  }
}

/** Every turn has asked the model, so that what was heard of it is all there was. */
function silent(book, asked, wrong) {
  const heard = new Set(asked.filter((it) => it.whole).map((it) => it.turn));
  for (const { id } of book.messages.filter((it) => !heard.has(it.text))) {
    wrong.push(`${id} was answered without the model`);
  }
}

function counted(asked) {
  const whole = asked.filter((it) => it.whole).map((it) => `${it.step} ${it.turn}`);
  return { answers: whole.length, lost: whole.length - new Set(whole).size };
}
