// The official conformance suite of the Model Context Protocol, by what each revision requires, against the
// running Worker as it is. The suite calls for tools and resources by names of its own; wherever this
// service has something of the kind, a door in front of it puts that in their place, and opens the pages
// that a client is asked to open, as its user would. What the suite cannot exercise so, or asks for what
// this service does not have, is named here with the reason, check by check; anything else that fails,
// and anything named here that passes, fails this test.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { inRoot, npmBin } from '../../scripts/lib/paths.mjs';
import { npmPackages } from '../../scripts/lib/setup.mjs';
import { bearerProxy } from './lib/bearer_proxy.mjs';
import { connect, decide } from './lib/person.mjs';
import { BY_CONSENT, Stage } from './lib/stage.mjs';

const FOLDER = inRoot('tests', 'mcp');

/** Why a scenario, or a check of one, does not apply here. */
const CONTENT = 'what tools give here is text and JSON';
const BINARY = 'resources here are JSON';
const NAMES = 'wants an id or a name of the suite in the answer, which nothing here is called';
const ANSWERS = 'asks a model or a client for something; here people are sent to pages, and nothing else is asked for';
const SCHEMA = 'wants a schema of its own in the list; it counts for neither revision';
const FORMS = 'no forms are shown in a client';
const TASKS = 'wants tasks of its own making; an extension, which counts for no revision';
const PROMPTS = 'there are no prompts';
const COMPLETIONS = 'there are no completions';
const LOGGING = 'nothing is logged to clients';
const SUBSCRIBE = 'nothing is subscribed to';
const HEADERS = 'no parameter is mirrored into a header';

const PROMPT_SCENARIOS = ['prompts-list', 'prompts-get-simple', 'prompts-get-with-args', 'prompts-get-embedded-resource', 'prompts-get-with-image'];
const CONTENT_SCENARIOS = ['tools-call-image', 'tools-call-audio', 'tools-call-embedded-resource', 'tools-call-mixed-content'];
const because = (why, scenarios) => Object.fromEntries(scenarios.map((it) => [it, why]));

/** Scenarios that do not apply. Checks of others are named in `CHECKS`. */
const SCENARIOS = {
  '2026-07-28': {
    'completion-complete': COMPLETIONS,
    ...because(PROMPTS, [...PROMPT_SCENARIOS, 'input-required-result-non-tool-request']),
    ...because(CONTENT, CONTENT_SCENARIOS),
    'resources-read-binary': BINARY,
    ...because(NAMES, ['resources-templates-read', 'input-required-result-basic-elicitation']),
    ...because(ANSWERS, [
      'input-required-result-basic-sampling', 'input-required-result-basic-list-roots',
      'input-required-result-multiple-input-requests', 'input-required-result-capability-check',
    ]),
    ...because(TASKS, [
      'tasks-lifecycle', 'tasks-capability-negotiation', 'tasks-wire-fields', 'tasks-request-state-removal',
      'tasks-mrtr-input', 'tasks-request-headers', 'tasks-dispatch-and-envelope', 'tasks-required-task-error',
      'tasks-mrtr-composition',
    ]),
    'json-schema-2020-12': SCHEMA,
    'http-custom-header-server-validation': HEADERS,
  },
  '2025-11-25': {
    'completion-complete': COMPLETIONS,
    'logging-set-level': LOGGING,
    'tools-call-with-logging': LOGGING,
    ...because(SUBSCRIBE, ['resources-subscribe', 'resources-unsubscribe']),
    ...because(PROMPTS, PROMPT_SCENARIOS),
    ...because(CONTENT, CONTENT_SCENARIOS),
    'resources-read-binary': BINARY,
    'resources-templates-read': NAMES,
    'tools-call-sampling': ANSWERS,
    ...because(FORMS, ['tools-call-elicitation', 'elicitation-sep1034-defaults', 'elicitation-sep1330-enums']),
    'json-schema-2020-12': SCHEMA,
  },
};
/** Single checks of scenarios that otherwise hold. */
const CHECKS = {
  'server-stateless': because(ANSWERS, ['sep-2575-server-rejects-undeclared-capability', 'sep-2575-missing-capability-http-400']),
  caching: { 'sep-2549-prompts-list-caching-hints': PROMPTS },
};

const READ = { name: 'hubspot-list-due-tasks', arguments: { due_before: '2031-01-01T00:00:00Z' } };
const RUN = { name: 'run_onboarding_health', arguments: {} };
/** A write that nobody asked for before: the same again would be the same call. */
let written = 0;
const write = () => ({ name: 'hubspot-create-task', arguments: { subject: `Call ${(written += 1)}`, due: '2030-01-01T00:00:00Z' } });
/** One to an app that is not connected either. */
const writeElsewhere = () => ({ name: 'slack-send-message', arguments: { channel: 'C0000000001', text: `Hello ${(written += 1)}` } });

/** What does here what a tool of the suite is there for. */
const STANDS_FOR = {
  test_simple_text: () => READ,
  test_logging_tool: () => READ,
  test_error_handling: () => ({ ...write(), arguments: {} }),
  test_tool_with_progress: () => RUN,
  test_streaming_elicitation: write,
  test_input_required_result_elicitation: write,
  test_input_required_result_request_state: write,
  test_input_required_result_tampered_state: write,
  test_input_required_result_multi_round: writeElsewhere,
};

/** A client's user, who goes to the pages that they are sent to. */
class Person {
  constructor(user, run) {
    this.user = user;
    this.resources = { 'test://static-text': `onbehalf://runs/${run}` };
    this.calls = new Map();
    this.asked = new Map();
  }

  /** What is asked of this service in the place of what the suite asks for. */
  async hears({ method, params = {}, ...message }) {
    if (method === 'resources/read') return { ...message, method, params: { ...params, uri: this.resources[params.uri] ?? params.uri } };
    const standing = method === 'tools/call' && STANDS_FOR[params.name];
    if (!standing) return undefined;
    // Asked again with what it was given, it is the same call.
    if (params.requestState === undefined) this.calls.set(params.name, standing());
    for (const name of Object.keys(params.inputResponses ?? {})) await this.goesTo(this.asked.get(name));
    const _meta = params._meta && { ...params._meta, [CAN]: opensPages(params._meta[CAN]) };
    return { ...message, method, params: { ...params, ...this.calls.get(params.name), ...(_meta && { _meta }) } };
  }

  /** The pages that an answer asks for. */
  answers(answer) {
    for (const [name, { params }] of Object.entries(answer?.result?.inputRequests ?? {})) this.asked.set(name, params.url);
  }

  async goesTo(url) {
    if (!url) return;
    const page = await (url.includes('/connect/') ? connect(this.user, url) : decide(this.user, url, 'approve'));
    assert.equal(page.status, 200, page.text);
  }
}

const CAN = 'io.modelcontextprotocol/clientCapabilities';
/** A client that can ask its user can send them to a page: the door does it. */
const opensPages = (can) => (can?.elicitation ? { ...can, elicitation: { ...can.elicitation, url: {} } } : can);

let stage, results;
before(async () => {
  await npmPackages(FOLDER);
  results = await mkdtemp(join(tmpdir(), 'onbehalf-mcp-'));
  stage = await Stage.up({ manners: BY_CONSENT });
});
after(async () => {
  if (results) await rm(results, { recursive: true, force: true });
  await stage?.down();
});

/** How often the suite is run where it does not wait for an answer: it gives some up after half a second,
 *  and what it then says is about this machine. */
const TRIES = 6;
/** Somebody new each time: what a person has connected stays connected. */
let people = 0;

/** Runs what a revision requires, until every answer was waited for; answers the checks of each scenario. */
async function suite(revision) {
  for (let left = TRIES; left > 0; left -= 1) {
    const { scenarios, unheard } = await once(revision, `mira-${(people += 1)}`);
    if (unheard === 0) return scenarios;
  }
  throw new Error(`the suite waited for every answer in none of ${TRIES} runs`);
}

async function once(revision, user) {
  await stage.control('POST', 'seed', { user, customers: 3, connectors: ['hubspot', 'linear', 'zendesk'] });
  const person = new Person(user, `onboarding-health/${(await stage.runToEnd(user, {})).runId}`);
  let unheard = 0;
  const proxy = await bearerProxy(stage.url, await stage.token(user), {
    hears: (message) => person.hears(message),
    answers: (answer) => person.answers(answer),
    leaves: () => (unheard += 1),
  });
  const folder = join(results, user);
  const command = join(FOLDER, 'node_modules', '.bin', 'conformance');
  const args = [command, 'server', '--url', `${proxy.url}/mcp`, '--requirements', revision, '--output-dir', folder];
  await new Promise((done) => spawn(npmBin('node'), args, { stdio: 'ignore' }).on('close', done));
  proxy.close();
  const scenarios = {};
  for (const name of await readdir(folder)) {
    const checks = JSON.parse(await readFile(join(folder, name, 'checks.json'), 'utf8'));
    scenarios[name.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T.*$/, '')] = checks;
  }
  return { scenarios, unheard };
}

for (const revision of Object.keys(SCENARIOS)) {
  test(`${revision}: whatever applies holds`, async () => {
    const scenarios = await suite(revision);
    assert.ok(Object.keys(scenarios).length > 25, `only ${Object.keys(scenarios)}`);
    const [failing, expected] = [[], []];
    let held = 0;
    for (const [name, checks] of Object.entries(scenarios)) {
      const failed = checks.filter((check) => check.status === 'FAILURE');
      held += checks.filter((check) => check.status === 'SUCCESS').length;
      if (SCENARIOS[revision][name]) {
        if (failed.length === 0) failing.push(`${name} holds, and is named as one that does not apply`);
        continue;
      }
      failing.push(...failed.map((check) => `${name}: ${check.id}`));
      expected.push(...Object.keys(CHECKS[name] ?? {}).map((id) => `${name}: ${id}`));
    }
    assert.deepEqual(failing.sort(), expected.sort());
    assert.ok(held > 20, `${held} checks held`);
  });
}
