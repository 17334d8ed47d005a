// The judge of `npm run torture`, of messages to the agent and direct calls: each thing that must not be is seen when it
// is.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Book, wanted } from '../../scripts/lib/torture/errands.mjs';
import { judgeTalk, ofErrands } from '../../scripts/lib/torture/judge_talk.mjs';
import { dice } from '../../scripts/lib/torture/dice.mjs';
import { people } from '../../scripts/lib/torture/people.mjs';
import { chunks, placed, shownIn } from '../../scripts/lib/torture/questions.mjs';

const everybody = people(4);
const [alice, bob] = everybody;
const TEXT = 'Message m1: please';

const errand = (name, verdict = 'approve', times = 1) => [name, { name, identifier: alice.identifier, verdict, times }];
const task = (name, { at = '2026-01-01T08:00:05.000Z', person = alice } = {}) => ({
  at,
  tool: 'hubspot_task_create',
  id: '1',
  identifier: person.identifier,
  params: { hs_task_subject: name },
});
const at = (second) => Date.parse('2026-01-01T08:00:00.000Z') + second * 1000;

/** A turn with one approved write, and a direct call, as they are when all is well; `but` changes it. */
function verdict(but = () => {}) {
  const said = { id: 'm1', person: alice, thread: 't1', text: TEXT, errands: ['Errand 1'], end: 'answered', sentAt: 1, takenAt: 2 };
  const part = (name) => ({
    type: 'dynamic-tool',
    toolName: 'hubspot-create-task',
    state: 'output-available',
    input: { subject: name },
    output: { status: 'success' },
  });
  const question = { turn: TEXT, whole: true, names: [], token: false, life: 1 };
  const all = {
    book: { errands: new Map([errand('Errand 1'), errand('Errand 2', 'allowed')]), messages: [said] },
    ledger: [task('Errand 1'), task('Errand 2')],
    threads: [
      {
        person: alice,
        id: 't1',
        open: [],
        messages: [
          { id: 'm1', role: 'user', parts: [{ type: 'text', text: TEXT }] },
          { id: 'run_1', role: 'assistant', metadata: { how: 'result', end: 'answered' }, parts: [part('Errand 1')] },
        ],
      },
    ],
    calls: [{ errand: { name: 'Errand 2' }, key: undefined, callId: 'run_2', found: { status: 'success' } }],
    asked: [{ ...question, step: 0, at: at(1) }, { ...question, step: 1, at: at(6) }],
    shown: [{ turn: TEXT, step: 0, at: at(2) }],
  };
  but(all);
  return judgeTalk(all).wrong.join('\n');
}

const seen = (what, but) => assert.match(verdict(but), what);

test('what is right passes', () => assert.equal(verdict(), ''));

test('a write that stands twice, not at all, or under somebody else is seen', () => {
  seen(/Errand 1 \(approve\) stands 2 times instead of 1/, (it) => it.ledger.push(task('Errand 1')));
  seen(/Errand 2 \(allowed\) stands 0 times instead of 1/, (it) => it.ledger.pop());
  seen(/Errand 2 .*written by user_victim1/, (it) => (it.ledger[1] = task('Errand 2', { person: bob })));
});

test('a write that was rejected, or that nobody has decided about, is seen', () => {
  for (const verdict of ['reject', 'leave']) {
    seen(/Errand 2 .* stands 1 times instead of 0/, (it) => (it.book.errands.get('Errand 2').verdict = verdict));
  }
});

test('a call that is meant twice and lands once, or is one with another, is seen', () => {
  const twice = (it) => {
    it.book.errands.get('Errand 2').times = 2;
    it.calls = ['a', 'b'].map((key) => ({ ...it.calls[0], key, callId: 'run_2' }));
  };
  seen(/Errand 2 \(allowed\) stands 1 times instead of 2/, twice);
  seen(/Errand 2: calls with keys of their own are one/, twice);
  seen(/Errand 2 was called run_2 and then run_3/, (it) => it.calls.push({ ...it.calls[0], callId: 'run_3' }));
});

test('a call that tells another end than it has come to is seen', () => {
  seen(/Errand 2, run_2, tells/, (it) => (it.calls[0].found = { status: 'error', kind: 'outcome_unknown' }));
  seen(/Errand 2, run_2, tells/, (it) => it.ledger.pop());
});

test('a message that is missing, stands twice, says something else or was said by nobody is seen', () => {
  const messages = (it) => it.threads[0].messages;
  seen(/m1 stands there 0 times/, (it) => messages(it).shift());
  seen(/m1 stands there 2 times/, (it) => messages(it).push(messages(it)[0]));
  seen(/m1 has another text/, (it) => (messages(it)[0].parts[0].text = 'else'));
  seen(/nobody has said m2 there/, (it) => messages(it).push({ ...messages(it)[0], id: 'm2' }));
  seen(/m1 of victim0: there is no thread t1/, (it) => it.threads.pop());
});

test('two messages in the wrong order, and one without an answer of its own, are seen', () => {
  const second = (it) => {
    const [first, answer] = it.threads[0].messages;
    const text = 'Message m2: please';
    it.book.messages.push({ ...it.book.messages[0], id: 'm2', text, errands: [], sentAt: 3 });
    it.threads[0].messages.unshift({ ...first, id: 'm2', parts: [{ type: 'text', text }] }, answer);
  };
  seen(/m2 stands before m1/, second);
  seen(/2 messages, and the answers run_1, run_1/, second);
});

test('a turn that is open, or has another end than it had to come to, is seen', () => {
  seen(/still open are run_1/, (it) => (it.threads[0].open = ['run_1']));
  const ends = [{ how: 'failed' }, { how: 'result', end: 'model_failed' }, undefined];
  for (const metadata of ends) {
    seen(/m1 came to \w+ instead of answered/, (it) => (it.threads[0].messages[1].metadata = metadata));
  }
  seen(/m1 came to answered instead of cancelled/, (it) => (it.book.messages[0].end = 'cancelled'));
});

test('a thread that tells of a write which is not there, or of none where there is one, is seen', () => {
  seen(/Errand 1 is told as output-available, and stands 0 times/, (it) => it.ledger.shift());
  seen(/Errand 1 is told as output-denied/, (it) => (it.threads[0].messages[1].parts[0].state = 'output-denied'));
});

test('an answer that was kept and is paid for again is seen, by whatever shows that it was kept', () => {
  const again = (step, second, life) => (it) => {
    it.shown = [];
    const question = { ...it.asked[0], step, at: at(second), life };
    it.asked.splice(it.asked.findLastIndex((other) => other.at <= question.at) + 1, 0, question);
  };
  seen(/answer 0 of m1 was asked for again though the model had been told of it/, again(0, 7, 2));
  seen(/answer 0 of m1 was asked for again without a kill in between/, again(0, 2, 1));
  seen(/answer 0 of m1 was asked for again though its write stood/, again(0, 5.5, 2));
  seen(/answer 0 of m1 was asked for again though somebody had seen it/, (it) => {
    again(0, 3, 2)(it);
    it.shown = [{ turn: TEXT, step: 0, at: at(2) }];
  });
  seen(/answer 1 of m1 was asked for again though somebody had seen it/, (it) => {
    again(1, 8, 2)(it);
    it.shown = [{ turn: TEXT, step: Infinity, at: at(7) }];
  });
});

test('an answer that a kill may have lost, or that broke off, may be asked for again', () => {
  const first = (it) => ({ ...it.asked[0], at: at(0) });
  const whole = (it) => it.asked.unshift({ ...first(it), life: 0 });
  assert.equal(verdict(whole), '');
  assert.equal(verdict((it) => it.asked.unshift({ ...first(it), whole: false })), '');
  const all = { book: { errands: new Map(), messages: [] }, ledger: [], threads: [], calls: [], shown: [], asked: [] };
  const asked = [1, 2].map((life) => ({ turn: TEXT, step: 0, whole: true, life }));
  const { answers, lost } = judgeTalk({ ...all, asked });
  assert.deepEqual([answers, lost], [2, 1]);
});

test('a model that is told who speaks, asked out of nothing, or not asked at all, is seen', () => {
  seen(/the model was told who says m1/, (it) => (it.asked[0].names = ['victim0']));
  seen(/the model was told who says m1/, (it) => (it.asked[0].token = true));
  seen(/nobody has said: else/, (it) => it.asked.push({ ...it.asked[0], turn: 'else' }));
  seen(/m1 was answered without the model/, (it) => (it.asked = []));
});

test('what is no errand is left to whoever judges runs', () => {
  const book = { errands: new Map([errand('Errand 1')]) };
  const { errands, rest } = ofErrands(book, [task('Errand 1'), task('Errand 10'), task(undefined)]);
  assert.deepEqual([errands.length, rest.length], [1, 2]);
});

test('a book has errands of every verdict, and what nobody decides is alone in its message', () => {
  const book = new Book(dice(3));
  for (let round = 0; round < 60; round += 1) {
    for (const person of everybody) {
      book.message(person).isOver = true;
      book.call(person);
    }
  }
  const verdicts = new Set([...book.errands.values()].map((it) => it.verdict));
  assert.deepEqual([...verdicts].sort(), ['allowed', 'approve', 'leave', 'reject']);
  for (const { person, verdict } of [...book.messages, ...book.calls].flatMap((it) =>
    (it.errands ?? [it.errand.name]).map((name) => ({ person: it.person, verdict: book.errands.get(name).verdict })),
  )) {
    assert.equal(verdict === 'allowed', !person.asksFirst);
  }
  for (const message of book.messages) {
    const leaves = message.errands.some((name) => book.errands.get(name).verdict === 'leave');
    assert.equal(message.end, leaves ? 'cancelled' : 'answered');
    if (leaves) assert.equal(message.errands.length, 1);
  }
  assert.ok(book.calls.some(({ errand: it, requests }) => wanted(it) === 2 && requests.length === 2));
  assert.equal(new Set(book.messages.map((it) => it.text)).size, book.messages.length);
});

test('a question to the model is placed by its last message and the answers behind it', () => {
  const messages = [
    { role: 'system', content: '…' },
    { role: 'user', content: 'Message m1' },
    { role: 'assistant', content: 'Done.' },
    { role: 'user', content: 'Message m2\n\nMessage m3' },
    { role: 'assistant', content: null },
    { role: 'tool', content: '{}' },
  ];
  assert.deepEqual(placed({ messages }), { turn: 'Message m3', step: 1 });
  assert.deepEqual(placed({ messages: messages.slice(0, 2) }), { turn: 'Message m1', step: 0 });
});

test('chunks of a stream are read as they come, and those of a text show an answer', async () => {
  const stream = new Blob([': hello\n\nid: a\ndata: {"type":"text-delta","id":"text-2"}\n\ndata: [DONE]\n\ndata: {"ty']).stream();
  const heard = [];
  for await (const chunk of chunks(stream)) heard.push(shownIn(chunk));
  assert.deepEqual(heard, [2]);
  assert.equal(shownIn({ type: 'start-step' }), undefined);
});
