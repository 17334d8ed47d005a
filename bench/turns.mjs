// Turns of the agent and calls of tools, beside Mastra's agent and its MCP server, on the sandbox's model that does
// what it reads.
//
// What a turn costs beyond its exchanges is what remains when the floor is taken off: a Worker with nothing in it that
// sends the very requests which Onbehalf sent for the same turn, one after the other. All kinds and all workers take
// turns in small batches. Mastra keeps nothing, Onbehalf journals each answer and each write; so the figures beside each
// other are the price of that as well.

import { join } from 'node:path';

import { inRoot } from '../scripts/lib/paths.mjs';
import { Failure } from '../scripts/lib/say.mjs';
import { rounded, shown, spread } from './lib/numbers.mjs';
import {
  bundleMastra, install, prepareMastraWorkerd, startBare, startMastraNode, version, weighed,
} from './lib/peers.mjs';
import { cpuMs } from './lib/process_cost.mjs';
import { ask as look, pause } from './lib/stage.mjs';
import { startTimes } from './lib/starts.mjs';
import { start } from './lib/workerd.mjs';

export const name = 'turns';
export const title = 'Turns and tool calls';

const FULL = { batches: 15, inBatch: 10, starts: 10 };
const QUICK = { batches: 2, inBatch: 3, starts: 2 };
const CUSTOMERS = 5;
/** After a batch, so that what a worker does behind its answers counts as its own. */
const SETTLES_MS = 100;

const AGENT = '/api/agents/onboarding-assistant';
const READ = 'hubspot-list-due-tasks';
const WRITE = 'hubspot-create-task';
/** Nothing that is written here is due before this, so that what is read stays as small. */
const DUE_BEFORE = '2028-01-01T00:00:00.000Z';
const DUE = '2030-01-01T00:00:00.000Z';
/** What a question brings the model to. */
const GREETING = 'Good morning.';
const QUESTION = `Please use ${READ} with ${JSON.stringify({ due_before: DUE_BEFORE })}.`;
const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol';

/** No two things said or written are the same: a repetition would be answered with what came of the first. */
let said = 0;
const anew = () => {
  said += 1;
  return said;
};

async function post(url, body, headers = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Failure(`${url}: ${answer.status} ${text.slice(0, 300)}`);
  return text;
}

const expect = (text, words) => {
  for (const word of words) if (!text.includes(word)) throw new Failure(`${word} is missing in ${text.slice(0, 500)}`);
};

/** Which run an answer is of: what it is of is there to be looked at. */
const TURN = { workflow: 'onboarding-assistant', named: /"messageId":"(run_\w+)"/ };

/** What is measured: how each worker is asked, and what an answer that is one holds. */
const KINDS = [
  {
    kind: 'answer',
    shown: 'a turn of one answer',
    onbehalf: (at) => at.say(GREETING),
    mastra: (at) => at.turn(GREETING),
    answers: ['Done.'],
    run: TURN,
  },
  {
    kind: 'tool',
    shown: 'a turn with a read and two answers',
    onbehalf: (at) => at.say(QUESTION),
    mastra: (at) => at.turn(QUESTION),
    answers: ['Done.'],
    run: TURN,
  },
  {
    kind: 'read',
    shown: 'a read, asked of the tool',
    onbehalf: (at) => at.execute(READ, { due_before: DUE_BEFORE }),
    mastra: (at) => at.tool(READ, { due_before: DUE_BEFORE }),
    answers: ['"tasks"'],
  },
  {
    kind: 'write',
    shown: 'a write, asked of the tool',
    onbehalf: (at) => at.execute(WRITE, { subject: `Task ${anew()}`, due: DUE }),
    mastra: (at) => at.tool(WRITE, { subject: `Task ${anew()}`, due: DUE }),
    answers: ['"task_id"'],
    run: { workflow: 'tool-call', named: /"callId":"(run_\w+)"/ },
  },
  {
    kind: 'mcp',
    shown: 'a read over MCP',
    onbehalf: (at) => at.mcp(READ, { due_before: DUE_BEFORE }),
    mastra: (at) => at.mcp(READ, { due_before: DUE_BEFORE }),
    answers: ['"tasks"'],
    over: ['onbehalf', 'mastraNode', 'floor'],
  },
];

/** A call of a tool over MCP, in the revision that needs no handshake; the same bytes to everybody. */
function mcp(url, tool, input, headers = {}) {
  const method = 'tools/call';
  const _meta = {
    [`${META}/protocolVersion`]: MODERN,
    [`${META}/clientCapabilities`]: {},
    [`${META}/clientInfo`]: { name: 'bench', version: '1' },
  };
  return post(
    `${url}/mcp`,
    { jsonrpc: '2.0', id: 1, method, params: { name: tool, arguments: input, _meta } },
    {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      'mcp-name': tool,
      ...headers,
    },
  );
}

/** How Onbehalf is asked, by somebody who has a token. A turn is heard to its end, in a thread of its own. */
function askedOf(onbehalf, bearer) {
  const headers = { authorization: `Bearer ${bearer}` };
  return {
    say: (text) => {
      const message = { id: 'm1', role: 'user', parts: [{ type: 'text', text }] };
      return post(`${onbehalf.url}${AGENT}/threads/t${anew()}/messages`, { message }, headers);
    },
    execute: (tool, input) => post(`${onbehalf.url}/api/tools/${tool}/execute`, input, headers),
    /** How long a run was under way, by its own clock. */
    inside: async ({ workflow, named }, text) => {
      const [, runId] = text.match(named);
      const run = await look(`${onbehalf.url}/api/workflows/${workflow}/runs/${runId}`, bearer);
      return Date.parse(run.endedAt) - Date.parse(run.startedAt);
    },
    mcp: (tool, input) => mcp(onbehalf.url, tool, input, headers),
  };
}

function askedOfMastra({ url }, user) {
  return {
    turn: (text) => post(`${url}/turn`, { user, text }),
    tool: (tool, input) => post(`${url}/tool`, { user, tool, input }),
    mcp: (tool, input) => mcp(url, tool, input),
  };
}

/** The requests that Onbehalf has sent for each kind, as the floor sends them again. */
async function requestsOf(stage, ask, user) {
  const { models, scalekit } = stage.sandbox;
  const headers = { 'content-type': 'application/json' };
  const call = (tool, params) => ({
    url: `${scalekit.url}/api/v1/execute_tool`,
    headers,
    body: JSON.stringify({ tool_name: tool, identifier: `user_${user}`, params }),
  });
  const read = call('hubspot_tasks_search', {
    filterGroups: JSON.stringify([{ filters: [
      { propertyName: 'hs_task_status', operator: 'NEQ', value: 'COMPLETED' },
      { propertyName: 'hs_timestamp', operator: 'LT', value: String(Date.parse(DUE_BEFORE)) },
    ] }]),
    properties: 'hs_task_subject,hs_task_status,hs_timestamp',
    limit: 100,
  });
  const write = call('hubspot_task_create', { hs_task_subject: 'Task', hs_timestamp: DUE, hs_task_status: 'NOT_STARTED' });
  const questions = async (text) => {
    const before = (await stage.control('models')).requests.length;
    await ask.say(text);
    const { requests } = await stage.control(`models?after=${before}`);
    return requests.map((body) => ({
      url: `${models.openai}/chat/completions`,
      headers: { ...headers, authorization: `Bearer ${models.key}` },
      body: JSON.stringify(body),
    }));
  };
  const [greeting] = await questions(GREETING);
  const [first, second] = await questions(QUESTION);
  if (!second) throw new Failure('A turn with a call has asked the model once.');
  return { answer: [greeting], tool: [first, read, second], read: [read], write: [write], mcp: [read] };
}

/** What the model was given by Onbehalf to go by, for the peer to give it as well. */
async function instructions(stage) {
  const { requests } = await stage.control('models');
  return requests[0].messages.find((it) => it.role === 'system').content;
}

async function batch(worker, { exchange, answers, inside }, count) {
  const before = cpuMs(worker.child.pid);
  const times = [];
  const texts = [];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    const text = await exchange();
    times.push(performance.now() - began);
    expect(text, answers);
    texts.push(text);
  }
  await pause(SETTLES_MS);
  const cpu = (cpuMs(worker.child.pid) - before) / count;
  // Looked at when the processor's time has been read.
  return { times, cpu, insides: inside ? await Promise.all(texts.map(inside)) : [] };
}

export async function measure(stage, { quick, progress }) {
  const { batches, inBatch, starts } = quick ? QUICK : FULL;
  await install('mastra');
  const user = await stage.freshUser(CUSTOMERS);
  const prepared = await stage.prepareOnbehalf('turns');
  const onbehalf = await start(prepared);
  const ask = askedOf(onbehalf, await stage.token(user));
  const requests = await requestsOf(stage, ask, user);
  const { models } = stage.sandbox;
  const vars = {
    MODEL_URL: models.openai,
    MODEL_NAME: models.obedient,
    MODEL_KEY: models.key,
    INSTRUCTIONS: await instructions(stage),
    MCP_USER: user,
  };
  const layout = await prepareMastraWorkerd(stage, { entry: 'assistant_worker', vars });
  const inNode = () => startMastraNode(stage, { entry: 'assistant_node', vars });
  const workers = { onbehalf, mastraWorkerd: await start(layout), mastraNode: await inNode(), floor: await startBare(stage) };
  const peers = { mastraWorkerd: askedOfMastra(workers.mastraWorkerd, user), mastraNode: askedOfMastra(workers.mastraNode, user) };
  const exchanges = KINDS.flatMap(({ kind, onbehalf: own, mastra, answers, run, over = Object.keys(workers) }) =>
    over.map((worker) => ({
      kind,
      worker,
      exchange: {
        onbehalf: () => own(ask),
        mastraWorkerd: () => mastra(peers.mastraWorkerd),
        mastraNode: () => mastra(peers.mastraNode),
        floor: () => post(`${workers.floor.url}/requests`, { requests: requests[kind] }),
      }[worker],
      answers: worker === 'floor' ? ['done'] : answers,
      inside: worker === 'onbehalf' && run ? (text) => ask.inside(run, text) : undefined,
      times: [],
      cpu: [],
      insides: [],
    })),
  );
  // The first round compiles what is used, and is thrown away.
  for (let round = 0; round <= batches; round += 1) {
    progress(`round ${round} of ${batches}`);
    for (const at of exchanges) {
      const { times, cpu, insides } = await batch(workers[at.worker], at, inBatch);
      if (round > 0) {
        at.times.push(...times);
        at.cpu.push(cpu);
        at.insides.push(...insides);
      }
    }
  }
  for (const worker of Object.values(workers)) await worker.stop();
  const times = await startTimes(
    [
      { kind: 'onbehalf', begin: () => start(prepared) },
      { kind: 'mastraWorkerd', begin: () => start(layout) },
      { kind: 'mastraNode', begin: inNode },
    ],
    starts,
    progress,
  );
  const startMs = Object.fromEntries(Object.entries(times).map(([kind, all]) => [kind, spread(all)]));
  const built = [inRoot('build', 'index.js'), inRoot('build', 'index_bg.wasm')];
  return {
    peer: { '@mastra/core': await version('mastra', '@mastra/core'), '@mastra/mcp': await version('mastra', '@mastra/mcp') },
    kinds: KINDS.map(({ kind, shown: label }) => figuresOf(kind, label, exchanges.filter((it) => it.kind === kind))),
    startMs,
    bundles: {
      onbehalf: await weighed(built),
      mastraWorkerd: { bytes: layout.bundle.bytes, gzipBytes: layout.bundle.gzipBytes },
      mastraNode: await bundleOf(stage, 'assistant_node'),
    },
  };
}

async function bundleOf(stage, entry) {
  const { bytes, gzipBytes } = await bundleMastra(join(stage.folder, 'weighed'), entry);
  return { bytes, gzipBytes };
}

/** A kind's figures: what each worker took, and what that is beyond the floor. */
function figuresOf(kind, label, exchanges) {
  const floor = spread(exchanges.find((it) => it.worker === 'floor').times).median;
  const workers = exchanges.map(({ worker, times, cpu, insides }) => {
    const ms = spread(times);
    const own = insides.length > 0 ? { runMs: spread(insides) } : {};
    return { worker, ms, cpuMs: spread(cpu), overheadMs: rounded(ms.median - floor), ...own };
  });
  return { kind, label, workers };
}

const of = ({ workers }, wanted) => workers.find(({ worker }) => worker === wanted);

export function rows({ kinds, startMs, bundles }) {
  const inside = (at) => (at.runMs ? `, the run alone ${at.runMs.median} ms` : '');
  const over = (at) => (at.worker === 'floor' ? '' : `, overhead ${at.overheadMs} ms`);
  const cell = (at) => (at ? `${shown(at.ms, ' ms')}${over(at)}${inside(at)}, CPU ${at.cpuMs.median} ms` : '–');
  const ratio = (at) => {
    const beside = ['mastraWorkerd', 'mastraNode'].map((worker) => of(at, worker));
    return beside.map((it) => (it ? `${rounded(of(at, 'onbehalf').ms.median / it.ms.median)} ×` : '–')).join(' / ');
  };
  const megabytes = ({ gzipBytes }) => `${rounded(gzipBytes / 1e6)} MB with gzip`;
  const beside = (size) => `${rounded(size('onbehalf') / size('mastraWorkerd'))} × / ${rounded(size('onbehalf') / size('mastraNode'))} ×`;
  return {
    header: ['What', 'Onbehalf', 'Mastra in workerd', 'Mastra under Node', 'Floor', 'Against Mastra in workerd / under Node'],
    rows: [
      ...kinds.map((at) => [
        at.label,
        ...['onbehalf', 'mastraWorkerd', 'mastraNode', 'floor'].map((worker) => cell(of(at, worker))),
        ratio(at),
      ]),
      ['from nothing to the first answer', ...['onbehalf', 'mastraWorkerd', 'mastraNode'].map((it) => shown(startMs[it], ' ms')), '–', beside((it) => startMs[it].median)],
      ['bundle', ...['onbehalf', 'mastraWorkerd', 'mastraNode'].map((it) => megabytes(bundles[it])), '–', beside((it) => bundles[it].gzipBytes)],
    ],
  };
}

export const verdicts = () => [];
