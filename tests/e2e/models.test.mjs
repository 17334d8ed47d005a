// The official clients of both APIs against the sandbox's models: what the clients ask for, accept and
// call a failure is nobody's guess, so that a model of the sandbox is known to be like a real one.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, beforeEach, test } from 'node:test';

import { inRoot } from '../../scripts/lib/paths.mjs';
import { endAll, freePort } from '../../scripts/lib/processes.mjs';
import { npmPackages } from '../../scripts/lib/setup.mjs';
import { startSandbox } from '../../scripts/lib/stack.mjs';
import { BUILD } from './lib/stage.mjs';

/** The clients are nothing that the project needs but here: they have a folder and a lockfile of their own. */
const FOLDER = inRoot('tests', 'sdk');
const MODEL = 'scripted';

let sandbox, OpenAI, Anthropic, openai, anthropic;
before(async () => {
  await npmPackages(FOLDER);
  const from = createRequire(`${FOLDER}/`);
  OpenAI = from('openai');
  Anthropic = from('@anthropic-ai/sdk');
  sandbox = await startSandbox(await freePort(), { profile: BUILD.sandbox });
  ({ openai, anthropic } = clients());
});
after(endAll);
beforeEach(() => control('DELETE', 'models'));

/** Clients that ask once, unless they are to ask again. */
const clients = (apiKey = sandbox.models.key, maxRetries = 0) => ({
  openai: new OpenAI.OpenAI({ baseURL: sandbox.models.openai, apiKey, maxRetries }),
  anthropic: new Anthropic.Anthropic({ baseURL: sandbox.models.anthropic, apiKey, maxRetries }),
});
const control = async (method, path, body) => {
  const answer = await fetch(`${sandbox.url}/_sandbox/${path}`, { method, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
};
const script = (...answers) => control('POST', 'models', { model: MODEL, answers });
const failure = (promise) => promise.then(() => assert.fail('it should have failed'), (error) => error);

const schema = { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] };
const messages = [{ role: 'user', content: 'Who is at risk?' }];
const functions = [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema } }];
const tools = [{ name: 'look', description: 'Looks.', input_schema: schema }];
const completion = (more = {}, client = openai) => client.chat.completions.create({ model: MODEL, messages, tools: functions, ...more });
const message = (more = {}, client = anthropic) => client.messages.create({ model: MODEL, max_tokens: 500, messages, tools, ...more });

const TWO_CALLS = {
  text: 'Grüße 🐳, I look.',
  piece: 3,
  input_tokens: 31,
  output_tokens: 7,
  calls: [
    { id: 'a', tool: 'look', arguments: { at: 'Zürich' } },
    { id: 'b', tool: 'look', arguments: { at: 'Bern' } },
  ],
};

test('OpenAI: a stream is put together by the client into the text, the calls and what it cost', async () => {
  for (const null_choices of [false, true]) {
    await script({ ...TWO_CALLS, null_choices });
    const pieces = [];
    let usage;
    const calls = [];
    for await (const chunk of await completion({ stream: true, stream_options: { include_usage: true } })) {
      usage = chunk.usage ?? usage;
      const delta = chunk.choices?.[0]?.delta;
      if (delta?.content) pieces.push(delta.content);
      for (const { index, id, function: it } of delta?.tool_calls ?? []) {
        calls[index] ??= { id, name: it.name, arguments: '' };
        calls[index].arguments += it.arguments;
      }
    }
    assert.equal(pieces.join(''), TWO_CALLS.text);
    assert.ok(pieces.length > 3);
    assert.deepEqual(calls.map((it) => [it.id, it.name, JSON.parse(it.arguments).at]), [['a', 'look', 'Zürich'], ['b', 'look', 'Bern']]);
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [31, 7, 38]);
  }
});

test("OpenAI: the client's own helper for streams takes it for a whole completion", async () => {
  await script(TWO_CALLS);
  const stream = openai.chat.completions.stream({ model: MODEL, messages, tools: functions });
  const { choices } = await stream.finalChatCompletion();
  assert.equal(choices[0].finish_reason, 'tool_calls');
  assert.deepEqual(choices[0].message.tool_calls.map((it) => JSON.parse(it.function.arguments).at), ['Zürich', 'Bern']);
});

test('OpenAI: results are sent back, and the conversation goes on', async () => {
  await script(TWO_CALLS, { text: 'Acme.' });
  const first = (await completion()).choices[0].message;
  const results = first.tool_calls.map((it) => ({ role: 'tool', tool_call_id: it.id, content: '{"risk":1}' }));
  const second = await completion({ messages: [...messages, first, ...results] });
  assert.deepEqual([second.choices[0].message.content, second.choices[0].finish_reason], ['Acme.', 'stop']);
  const unanswered = await failure(completion({ messages: [...messages, first] }));
  assert.ok(unanswered instanceof OpenAI.BadRequestError, unanswered);
});

test('OpenAI: every failure has the type that the client knows it by', async () => {
  const types = { 400: 'BadRequestError', 429: 'RateLimitError', 500: 'InternalServerError' };
  for (const [status, type] of Object.entries(types)) {
    await script({ status: Number(status), retry_after: 3 });
    const error = await failure(completion());
    assert.ok(error instanceof OpenAI[type], `${status}: ${error}`);
    assert.equal(error.headers.get('retry-after'), '3');
  }
  const stranger = await failure(completion({}, clients('another').openai));
  assert.ok(stranger instanceof OpenAI.AuthenticationError && !`${stranger}`.includes('another'), stranger);
  const nobody = await failure(completion({ model: 'nobody' }));
  assert.ok(nobody instanceof OpenAI.NotFoundError, nobody);
});

const streamed = async (stream) => {
  for await (const _ of await stream);
};

test('OpenAI: a stream that breaks off or fails in the middle is a failure of the client', async () => {
  await script({ ...TWO_CALLS, breaks_after: 4 }, { ...TWO_CALLS, fails_after: 4 });
  await failure(streamed(completion({ stream: true })));
  const said = await failure(streamed(completion({ stream: true })));
  assert.ok(said instanceof OpenAI.APIError, said);
  assert.equal((await control('GET', 'models')).requests.length, 2);
});

test('OpenAI: the client waits as long as it is told, and asks again', async () => {
  await script({ status: 429, retry_after: 1 }, { text: 'Now.' });
  const answer = await completion({}, clients(undefined, 1).openai);
  assert.equal(answer.choices[0].message.content, 'Now.');
  assert.equal((await control('GET', 'models')).answered, 1);
});

test('Anthropic: a stream is put together by the client into the text, the calls and what it cost', async () => {
  await script(TWO_CALLS);
  const kinds = new Set();
  for await (const event of await message({ stream: true })) kinds.add(event.type);
  assert.deepEqual([...kinds], ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);
  await script(TWO_CALLS);
  const whole = await anthropic.messages.stream({ model: MODEL, max_tokens: 500, messages, tools }).finalMessage();
  assert.deepEqual(whole.content.map((it) => it.text ?? [it.id, it.name, it.input.at]), [TWO_CALLS.text, ['a', 'look', 'Zürich'], ['b', 'look', 'Bern']]);
  assert.deepEqual([whole.stop_reason, whole.usage.input_tokens, whole.usage.output_tokens], ['tool_use', 31, 7]);
});

test('Anthropic: results are sent back, and the conversation goes on', async () => {
  await script(TWO_CALLS, { text: 'Acme.' });
  const first = await message();
  const uses = first.content.filter((it) => it.type === 'tool_use');
  const results = { role: 'user', content: uses.map((it) => ({ type: 'tool_result', tool_use_id: it.id, content: '{"risk":1}' })) };
  const said = { role: 'assistant', content: first.content };
  const second = await message({ messages: [...messages, said, results] });
  assert.deepEqual([second.content[0].text, second.stop_reason], ['Acme.', 'end_turn']);
  const unanswered = await failure(message({ messages: [...messages, said, ...messages] }));
  assert.ok(unanswered instanceof Anthropic.BadRequestError, unanswered);
});

test('Anthropic: every failure has the type that the client knows it by', async () => {
  const types = { 400: 'BadRequestError', 429: 'RateLimitError', 500: 'InternalServerError', 529: 'InternalServerError' };
  for (const [status, type] of Object.entries(types)) {
    await script({ status: Number(status), retry_after: 3 });
    const error = await failure(message());
    assert.ok(error instanceof Anthropic[type], `${status}: ${error}`);
    assert.equal(error.headers.get('retry-after'), '3');
  }
  const stranger = await failure(message({}, clients('another').anthropic));
  assert.ok(stranger instanceof Anthropic.AuthenticationError && !`${stranger}`.includes('another'), stranger);
});

test('Anthropic: a stream that breaks off or fails in the middle is a failure of the client', async () => {
  await script({ ...TWO_CALLS, breaks_after: 5 }, { ...TWO_CALLS, fails_after: 5 });
  await failure(streamed(message({ stream: true })));
  const said = await failure(streamed(message({ stream: true })));
  assert.ok(said instanceof Anthropic.APIError, said);
  assert.equal((await control('GET', 'models')).requests.length, 2);
});

test('both hear the obedient model do what it reads', async () => {
  const { obedient: model } = sandbox.models;
  const told = [{ role: 'user', content: 'Please look {"at": "Bern"}.' }];
  const [one] = (await completion({ model, messages: told })).choices[0].message.tool_calls;
  assert.deepEqual(JSON.parse(one.function.arguments), { at: 'Bern' });
  const other = await message({ model, messages: told });
  assert.deepEqual(other.content.find((it) => it.type === 'tool_use').input, { at: 'Bern' });
});
