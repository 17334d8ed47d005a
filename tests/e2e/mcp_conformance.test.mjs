// The official conformance suite of the Model Context Protocol, by what each revision requires, against the
// running Worker as it is: no tool, prompt or resource was added for it. What it cannot exercise, or asks for
// what this service does not have, is named here with the reason, check by check; anything else that
// fails, and anything named here that passes, fails this test.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { inRoot, npmBin } from '../../scripts/lib/paths.mjs';
import { npmPackages } from '../../scripts/lib/setup.mjs';
import { bearerProxy } from './lib/bearer_proxy.mjs';
import { Stage } from './lib/stage.mjs';

const FOLDER = inRoot('tests', 'mcp');

/** Why a scenario, or a check of one, does not apply here. */
const FIXTURE = 'needs a tool, a resource or a prompt of the suite, which a service does not have';
const PROMPTS = 'there are no prompts';
const COMPLETIONS = 'there are no completions';
const LOGGING = 'nothing is logged to clients';
const SUBSCRIBE = 'nothing is subscribed to';
const HEADERS = 'no parameter is mirrored into a header';

const PROMPT_SCENARIOS = ['prompts-list', 'prompts-get-simple', 'prompts-get-with-args', 'prompts-get-embedded-resource', 'prompts-get-with-image'];
const FIXTURE_TOOLS = [
  'tools-call-simple-text', 'tools-call-image', 'tools-call-audio', 'tools-call-embedded-resource',
  'tools-call-mixed-content', 'tools-call-error', 'tools-call-with-progress',
];
const FIXTURE_RESOURCES = ['resources-read-text', 'resources-read-binary', 'resources-templates-read'];
const because = (why, scenarios) => Object.fromEntries(scenarios.map((it) => [it, why]));

/** Scenarios that do not apply. Checks of others are named in `CHECKS`. */
const SCENARIOS = {
  '2026-07-28': {
    'completion-complete': COMPLETIONS,
    ...because(PROMPTS, PROMPT_SCENARIOS),
    ...because(FIXTURE, [
      ...FIXTURE_TOOLS, ...FIXTURE_RESOURCES,
      'input-required-result-basic-elicitation', 'input-required-result-basic-sampling',
      'input-required-result-basic-list-roots', 'input-required-result-request-state',
      'input-required-result-multiple-input-requests', 'input-required-result-multi-round',
      'input-required-result-non-tool-request', 'input-required-result-result-type',
      'input-required-result-tampered-state', 'input-required-result-capability-check',
      'tasks-lifecycle', 'tasks-capability-negotiation', 'tasks-wire-fields', 'tasks-request-state-removal',
      'tasks-mrtr-input', 'tasks-request-headers', 'tasks-dispatch-and-envelope', 'tasks-required-task-error',
      'tasks-mrtr-composition', 'json-schema-2020-12',
    ]),
    'http-custom-header-server-validation': HEADERS,
  },
  '2025-11-25': {
    'completion-complete': COMPLETIONS,
    'logging-set-level': LOGGING,
    'tools-call-with-logging': LOGGING,
    ...because(SUBSCRIBE, ['resources-subscribe', 'resources-unsubscribe']),
    ...because(PROMPTS, PROMPT_SCENARIOS),
    ...because(FIXTURE, [
      ...FIXTURE_TOOLS, ...FIXTURE_RESOURCES, 'tools-call-sampling', 'tools-call-elicitation',
      'elicitation-sep1034-defaults', 'elicitation-sep1330-enums', 'json-schema-2020-12',
    ]),
  },
};
/** Single checks of scenarios that otherwise hold. */
const CHECKS = {
  'server-stateless': because(FIXTURE, [
    'sep-2575-server-rejects-undeclared-capability', 'sep-2575-missing-capability-http-400',
    'sep-2575-http-server-no-independent-requests-on-stream', 'sep-2575-server-no-log-without-loglevel',
  ]),
  caching: { 'sep-2549-prompts-list-caching-hints': PROMPTS },
};

let stage, proxy, results;
before(async () => {
  await npmPackages(FOLDER);
  results = await mkdtemp(join(tmpdir(), 'onbehalf-mcp-'));
  stage = await Stage.up();
  proxy = await bearerProxy(stage.url, await stage.token('alice'));
});
after(async () => {
  proxy?.close();
  if (results) await rm(results, { recursive: true, force: true });
  await stage?.down();
});

/** Runs what a revision requires; answers the checks of each scenario. */
async function suite(revision) {
  const folder = join(results, revision);
  const command = join(FOLDER, 'node_modules', '.bin', 'conformance');
  const args = [command, 'server', '--url', `${proxy.url}/mcp`, '--requirements', revision, '--output-dir', folder];
  await new Promise((done) => spawn(npmBin('node'), args, { stdio: 'ignore' }).on('close', done));
  const scenarios = {};
  for (const name of await readdir(folder)) {
    const checks = JSON.parse(await readFile(join(folder, name, 'checks.json'), 'utf8'));
    scenarios[name.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T.*$/, '')] = checks;
  }
  return scenarios;
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
