// The official clients of the Model Context Protocol against the running Worker: what they ask for and
// accept is nobody's guess. In TypeScript one of each era, in Python one that speaks both, and the
// inspector's command line.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { inRoot, tools as toolsFolder } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/processes.mjs';
import { npmPackages } from '../../scripts/lib/setup.mjs';
import { decide } from './lib/person.mjs';
import { Stage } from './lib/stage.mjs';

/** The clients are nothing that the project needs but here: they have a folder and a lockfile. */
const FOLDER = inRoot('tests', 'mcp');
/** The official client for Python, in an environment of its own. */
const PYTHON_CLIENT = '2.3.0';
const WITHOUT_PYTHON = spawnSync('python3', ['--version']).status !== 0 && 'python3 is not installed here';

let stage, modern, legacy, legacyTransport, legacyTypes;
before(async () => {
  await npmPackages(FOLDER);
  const from = createRequire(`${FOLDER}/`);
  const load = (name) => import(pathToFileURL(from.resolve(name)));
  modern = await load('@modelcontextprotocol/client');
  legacy = await load('@modelcontextprotocol/sdk/client/index.js');
  legacyTransport = await load('@modelcontextprotocol/sdk/client/streamableHttp.js');
  legacyTypes = await load('@modelcontextprotocol/sdk/types.js');
  stage = await Stage.up();
});
after(() => stage?.down());

const WHO = { name: 'e2e', version: '1' };
const CREATE = 'hubspot-create-task';
const task = (subject) => ({ subject, due: '2030-01-01T00:00:00Z' });
const seed = (user, connectors = ['hubspot']) => stage.control('POST', 'seed', { user, customers: 3, connectors });
const endpoint = () => new URL(`${stage.url}/mcp`);
const bearer = async (user) => ({ requestInit: { headers: { authorization: `Bearer ${await stage.token(user)}` } } });
const words = (result) => result.content.map((it) => it.text).join('\n');

/** A client of the newer era. */
async function newer(user, capabilities = {}, prepare = () => {}) {
  const client = new modern.Client(WHO, { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } } });
  prepare(client);
  await client.connect(new modern.StreamableHTTPClientTransport(endpoint(), await bearer(user)));
  return client;
}

/** A client of the older one. */
async function older(user, capabilities = {}) {
  const client = new legacy.Client(WHO, { capabilities });
  await client.connect(new legacyTransport.StreamableHTTPClientTransport(endpoint(), await bearer(user)));
  return client;
}

/** Approves on the page of a run. */
async function approve(user, url) {
  const done = await decide(user, url, 'approve');
  assert.equal(done.status, 200, done.text);
}

for (const [era, connect] of [['2026-07-28', newer], ['2025-11-25', older]]) {
  test(`${era}: lists, reads, writes once a person has approved, and looks at the run`, async () => {
    const user = `sdk-${era.slice(0, 4)}`;
    await seed(user);
    const client = await connect(user);
    const { tools } = await client.listTools();
    assert.ok(tools.some((tool) => tool.name === 'run_onboarding_health'));
    // Both check what is structured against the schema that was listed.
    const read = await client.callTool({ name: 'hubspot-list-due-tasks', arguments: { due_before: '2031-01-01T00:00:00Z' } });
    assert.equal(read.structuredContent.status, 'success', words(read));
    const waiting = await client.callTool({ name: CREATE, arguments: task('Call Acme') });
    assert.equal(waiting.structuredContent.waitsFor, 'approval', words(waiting));
    await approve(user, waiting.structuredContent.open[0]);
    const { runId } = waiting.structuredContent;
    let run;
    do {
      run = (await client.callTool({ name: 'get_run', arguments: { runId } })).structuredContent;
    } while (run.status !== 'completed');
    assert.equal((await stage.ledger(user)).length, 1);
    const repeated = await client.callTool({ name: CREATE, arguments: task('Call Acme') });
    assert.equal(repeated.structuredContent.repeated, true);
    const { resources } = await client.listResources();
    assert.ok(Array.isArray(resources));
    const { resourceTemplates } = await client.listResourceTemplates();
    const uri = resourceTemplates[0].uriTemplate.replace('{workflow}', 'tool-call').replace('{runId}', runId);
    const { contents } = await client.readResource({ uri });
    assert.equal(JSON.parse(contents[0].text).status, 'completed');
    await assert.rejects(client.callTool({ name: 'no-such-tool', arguments: {} }));
    await client.close();
  });

  test(`${era}: hears of a run's progress`, async () => {
    const user = `sdk-progress-${era.slice(0, 4)}`;
    await seed(user, ['hubspot', 'zendesk', 'linear']);
    const client = await connect(user);
    const heard = [];
    const result = await client.callTool(
      { name: 'run_onboarding_health', arguments: {} },
      ...(connect === older ? [undefined] : []),
      { onprogress: (progress) => heard.push(progress.progress) },
    );
    assert.ok(heard.length > 1, JSON.stringify(result));
    assert.deepEqual(heard, [...heard].sort((one, other) => one - other));
    await client.close();
  });
}

test('2026-07-28: a person is sent to the page, and the call goes on by itself', async () => {
  await seed('sdk-pages');
  const opened = [];
  const client = await newer('sdk-pages', { elicitation: { url: {} } }, (it) =>
    it.setRequestHandler('elicitation/create', async ({ params }) => {
      opened.push(params.url);
      await approve('sdk-pages', params.url);
      return { action: 'accept' };
    }),
  );
  const made = await client.callTool({ name: CREATE, arguments: task('Call Acme') });
  assert.equal(made.structuredContent.status, 'success', words(made));
  assert.equal(opened.length, 1);
  assert.equal((await stage.ledger('sdk-pages')).length, 1);
  await client.close();
});

test('2025-11-25: a person is sent to the page by an error', async () => {
  await seed('sdk-error');
  const client = await older('sdk-error', { elicitation: { form: {}, url: {} } });
  const error = await client.callTool({ name: CREATE, arguments: task('Call Acme') }).then(assert.fail, (it) => it);
  assert.ok(error instanceof legacyTypes.UrlElicitationRequiredError, error);
  await approve('sdk-error', error.elicitations[0].url);
  let made;
  do {
    made = await client.callTool({ name: CREATE, arguments: task('Call Acme') }).catch(() => undefined);
  } while (made?.structuredContent?.status !== 'success');
  assert.equal((await stage.ledger('sdk-error')).length, 1);
  await client.close();
});

/** What a program prints, and how it ends. */
function printed(command, args, env = process.env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let said = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('close', (code) => resolve({ code, text, said }));
  });
}

async function python() {
  const environment = join(toolsFolder, `mcp-${PYTHON_CLIENT}`);
  const command = join(environment, 'bin', 'python');
  const done = join(environment, 'lib', 'done');
  if (!existsSync(done)) {
    await run('python3', ['-m', 'venv', environment], { quiet: true, what: 'Making a Python environment' });
    await run(command, ['-m', 'pip', 'install', '--quiet', `mcp==${PYTHON_CLIENT}`], { quiet: true, what: 'Installing mcp' });
    await run('touch', [done], { quiet: true, what: 'Remembering that' });
  }
  return command;
}

for (const [mode, version] of [['2026-07-28', '2026-07-28'], ['legacy', '2025-11-25']]) {
  test(`the Python client, ${version}: lists, reads, waits for a person, hears of progress`, { skip: WITHOUT_PYTHON }, async () => {
    const user = `python-${version.slice(0, 4)}`;
    await seed(user, ['hubspot', 'zendesk', 'linear']);
    const env = { ...process.env, TOKEN: await stage.token(user) };
    const { code, text, said } = await printed(await python(), [join(FOLDER, 'client.py'), endpoint().href, mode], env);
    assert.equal(code, 0, said);
    const { tools, heard, run: status, ...came } = JSON.parse(text);
    assert.deepEqual(came, { version, read: 'success', waits: 'approval', seen: 'suspended', resource: 'suspended' });
    assert.ok(tools.includes('run_onboarding_health'));
    assert.ok(heard.length > 1 && ['completed', 'suspended', 'running'].includes(status), text);
  });
}

test('the inspector lists and calls from its command line, and says when it is not let in', async () => {
  await seed('inspector');
  const authorization = `Authorization: Bearer ${await stage.token('inspector')}`;
  const binary = inRoot('tests', 'mcp', 'node_modules', '.bin', 'mcp-inspector');
  const inspect = async (...more) => {
    const { code, text, said } = await printed(binary, ['--cli', endpoint().href, '--transport', 'http', ...more]);
    return { code, text: text + said };
  };
  const listed = await inspect('--header', authorization, '--method', 'tools/list');
  assert.equal(listed.code, 0, listed.text);
  assert.match(listed.text, /run_onboarding_health/);
  const called = await inspect(
    '--header', authorization, '--method', 'tools/call', '--tool-name', 'connect_app', '--tool-arg', 'app=hubspot',
  );
  assert.equal(called.code, 0, called.text);
  assert.match(called.text, /"connected": true/);
  const refused = await inspect('--method', 'tools/list');
  assert.equal(refused.code, 3, refused.text);
});
