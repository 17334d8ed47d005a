// `npm run setup` with a wrangler that writes down what it is told. What the real one then does with
// it needs an account and is seen nowhere here: that its subcommands, flags and answers are these was
// read from its own source (4.164).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import { askFor } from '../../scripts/lib/deploying/ask.mjs';
import { withVars } from '../../scripts/lib/deploying/toml_vars.mjs';
import { inRoot, npmBin } from '../../scripts/lib/paths.mjs';
import { readConfiguration } from '../../scripts/lib/wrangler_vars.mjs';
import { standIn } from './lib/stand_in_wrangler.mjs';

/** Nothing of these may be seen anywhere but on wrangler's standard input. */
const SECRET = 'canary-of-scalekits-client-secret';
const WEBHOOK = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const ANSWERS = {
  PUBLIC_URL: 'https://onbehalf.example.com',
  IDENTITY_PROVIDERS: '[{"provider": "okta", "issuer": "https://dev-1.okta.com/oauth2/default", "audience": "api://default", "client_id": "0oa1"}]',
  SCALEKIT_ENVIRONMENT_URL: 'https://acme.scalekit.cloud',
  SCALEKIT_CLIENT_ID: 'skc_1',
  SCALEKIT_CLIENT_SECRET: SECRET,
};

let folder;
let config;
let wrangler;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onbehalf-setup-'));
});
after(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  for (const name of await readdir(folder)) await rm(join(folder, name));
  wrangler = await standIn(folder);
  config = join(folder, 'wrangler.toml');
  await copyFile(inRoot('wrangler.toml'), config);
});

/** Runs the script; answers what it said, its exit code, and what wrangler was told. */
async function setup({ answers = ANSWERS, flags = [], fail = '' } = {}) {
  await rm(join(folder, 'calls'), { force: true });
  const args = [inRoot('scripts', 'setup.mjs'), '--config', config, '--no-doctor', ...(answers ? ['--answers', '-'] : []), ...flags];
  const env = { ...process.env, WRANGLER: wrangler, ONBEHALF_TEST_FAIL: fail };
  const child = spawn(npmBin('node'), args, { env });
  let said = '';
  child.stdout.on('data', (chunk) => { said += chunk; });
  child.stderr.on('data', (chunk) => { said += chunk; });
  child.stdin.end(Object.entries(answers ?? {}).map(([name, value]) => `${name}='${value}'`).join('\n'));
  const code = await new Promise((ended) => child.once('close', ended));
  const lines = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
  const calls = lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  for (const { args: told, environment } of calls) {
    assert.ok(!JSON.stringify([told, environment]).includes('canary'), 'a secret stood in the process list');
  }
  for (const secret of [SECRET, WEBHOOK]) assert.ok(!said.includes(secret), `a secret was shown: ${said}`);
  assert.ok(!(await readFile(config, 'utf8')).includes('canary'), 'a secret was written');
  return { said, code, calls: calls.map((it) => it.args.slice(0, -4).join(' ')), where: calls.map((it) => it.args.slice(-4)), inputs: calls.map((it) => it.input).filter(Boolean) };
}

describe('a first deployment', () => {
  it('writes variables, deploys, and puts secrets by standard input', async () => {
    const { said, code, calls, where, inputs } = await setup();
    assert.equal(code, 0, said);
    assert.deepEqual(calls, ['secret list', 'deploy', 'secret bulk']);
    for (const it of where) assert.deepEqual(it, ['--env', '', '--config', config]);
    const [put] = inputs.map((it) => JSON.parse(it));
    assert.equal(put.SCALEKIT_CLIENT_SECRET, SECRET);
    assert.match(put.SESSION_SECRET, /^[0-9a-f]{64}$/);
    assert.ok(!said.includes(put.SESSION_SECRET));
    assert.deepEqual(Object.keys(put).sort(), ['SCALEKIT_CLIENT_SECRET', 'SESSION_SECRET']);
    const { vars } = await readConfiguration('', config);
    for (const name of ['PUBLIC_URL', 'IDENTITY_PROVIDERS', 'SCALEKIT_ENVIRONMENT_URL', 'SCALEKIT_CLIENT_ID']) {
      assert.equal(vars[name], ANSWERS[name]);
    }
    assert.equal(vars.IDENTITY_SCOPE, 'user');
    assert.match(said, /https:\/\/onbehalf\.example\.com\/auth\/callback as redirect address at https:\/\/dev-1\.okta\.com/);
    assert.match(said, /https:\/\/onbehalf\.example\.com\/webhooks\/scalekit as webhook/);
  });

  it('leaves every other line of the configuration as it was', async () => {
    await setup();
    const [before, after] = await Promise.all([inRoot('wrangler.toml'), config].map((path) => readFile(path, 'utf8')));
    const added = after.split('\n').filter((line) => !/^(PUBLIC_URL|IDENTITY_PROVIDERS|SCALEKIT_\w+) = /.test(line));
    assert.equal(added.join('\n'), before);
  });

  it('says what it would do, and does nothing', async () => {
    const before = await readFile(config, 'utf8');
    const { said, code, calls } = await setup({ flags: ['--dry-run'] });
    assert.equal(code, 0, said);
    assert.deepEqual(calls, ['secret list']);
    assert.equal(await readFile(config, 'utf8'), before);
    assert.match(said, /PUBLIC_URL https:\/\/onbehalf\.example\.com into \[vars\]/);
    assert.match(said, /npx wrangler deploy --env ""/);
    assert.match(said, /SESSION_SECRET 32 random bytes, made here/);
    assert.match(said, /npx wrangler secret bulk --env "" SESSION_SECRET, SCALEKIT_CLIENT_SECRET, by standard input/);
  });

  it('says what it would ask for', async () => {
    const { said, code } = await setup({ answers: null, flags: ['--dry-run'] });
    assert.equal(code, 0, said);
    for (const name of Object.keys(ANSWERS)) assert.match(said, new RegExp(`\\? ${name} would be asked for`));
  });

  it('of staging is another Worker with variables of its own', async () => {
    const { said, where } = await setup({ flags: ['--env', 'staging'] });
    for (const it of where) assert.deepEqual(it.slice(0, 2), ['--env', 'staging']);
    assert.match(said, /The Worker onbehalf-staging/);
    assert.equal((await readConfiguration('staging', config)).vars.PUBLIC_URL, ANSWERS.PUBLIC_URL);
    assert.equal((await readConfiguration('', config)).vars.PUBLIC_URL, undefined);
  });
});

describe('a repetition', () => {
  it('keeps what is there, and makes no secret anew', async () => {
    await setup();
    const written = await readFile(config, 'utf8');
    const { said, code, calls } = await setup({ answers: {} });
    assert.equal(code, 0, said);
    assert.deepEqual(calls, ['secret list', 'deploy']);
    assert.equal(await readFile(config, 'utf8'), written);
    assert.match(said, /kept as they are: .*SESSION_SECRET/);
  });

  it('replaces what is named, and nothing else', async () => {
    await setup();
    const { code, inputs, said } = await setup({ answers: { PUBLIC_URL: 'https://other.example.com', SCALEKIT_WEBHOOK_SECRETS: WEBHOOK } });
    assert.equal(code, 0, said);
    assert.deepEqual(inputs.map((it) => JSON.parse(it)), [{ SCALEKIT_WEBHOOK_SECRETS: WEBHOOK }]);
    const { vars } = await readConfiguration('', config);
    assert.equal(vars.PUBLIC_URL, 'https://other.example.com');
    assert.equal(vars.SCALEKIT_CLIENT_ID, ANSWERS.SCALEKIT_CLIENT_ID);
  });

  it('after secrets could not be put, puts them', async () => {
    const failed = await setup({ fail: 'secret bulk' });
    assert.equal(failed.code, 1);
    assert.match(failed.said, /could not put the secrets.*it went wrong/);
    const again = await setup();
    assert.equal(again.code, 0, again.said);
    assert.deepEqual(Object.keys(JSON.parse(again.inputs[0])).sort(), ['SCALEKIT_CLIENT_SECRET', 'SESSION_SECRET']);
  });
});

describe('what cannot be done is said before anything is', () => {
  for (const [what, options, said] of [
    ['an answer is missing', { answers: { ...ANSWERS, SCALEKIT_CLIENT_ID: '', SCALEKIT_CLIENT_SECRET: '' } }, /no answer for SCALEKIT_CLIENT_ID, SCALEKIT_CLIENT_SECRET/],
    ['nobody can be asked', { answers: null }, /Nobody is there to ask for PUBLIC_URL, .*--answers/],
    ['a name is no setting', { answers: { ...ANSWERS, PUBLIC_URI: 'x' } }, /PUBLIC_URI, which is no setting/],
    ['an address is not https', { answers: { ...ANSWERS, PUBLIC_URL: 'http://onbehalf.example.com' } }, /PUBLIC_URL cannot be used: it is no https address/],
    ['JSON is none', { answers: { ...ANSWERS, IDENTITY_PROVIDERS: '[{]' } }, /IDENTITY_PROVIDERS cannot be used/],
    ['a signing secret is none', { answers: { ...ANSWERS, SCALEKIT_WEBHOOK_SECRETS: 'canary' } }, /SCALEKIT_WEBHOOK_SECRETS cannot be used: it is not one or two of whsec_/],
    ['there is no such environment', { flags: ['--env', 'nowhere'] }, /has no environment nowhere/],
    ['wrangler is signed out', { fail: 'signed out' }, /npx wrangler login/],
  ]) {
    it(what, async () => {
      const before = await readFile(config, 'utf8');
      const answer = await setup(options);
      assert.equal(answer.code, 1);
      assert.match(answer.said, said);
      assert.ok(answer.calls.every((it) => it === 'secret list'), answer.calls.join());
      assert.equal(await readFile(config, 'utf8'), before);
    });
  }

  it('a deployment that fails puts no secret', async () => {
    const { code, calls } = await setup({ fail: 'deploy' });
    assert.equal(code, 1);
    assert.deepEqual(calls, ['secret list', 'deploy']);
  });
});

describe('a person who is asked', () => {
  /** Answers in turn; notes which were hidden. */
  const typed = (...answers) => {
    const line = async ({ hidden }) => {
      line.hidden.push(hidden);
      return answers.shift() ?? '';
    };
    line.hidden = [];
    return line;
  };

  it('is asked again for what cannot be used, and secrets are not shown', async () => {
    const line = typed('onbehalf.example.com', '', 'https://onbehalf.example.com', SECRET);
    assert.deepEqual(await askFor(['PUBLIC_URL', 'SCALEKIT_CLIENT_SECRET'], { required: true, line }), {
      PUBLIC_URL: 'https://onbehalf.example.com', SCALEKIT_CLIENT_SECRET: SECRET,
    });
    assert.deepEqual(line.hidden, [false, false, false, true]);
  });

  it('leaves out what may be left out', async () => {
    assert.deepEqual(await askFor(['SCALEKIT_WEBHOOK_SECRETS', 'CONNECTORS'], { required: false, line: typed('', '') }), {});
  });

  for (const [kind, answers, entry] of [
    ['okta', ['https://a.okta.com/oauth2/default', '', '0oa1', 'email'],
      { provider: 'okta', issuer: 'https://a.okta.com/oauth2/default', audience: ['https://o.example', 'https://o.example/mcp'], client_id: '0oa1', email_claim: 'email' }],
    ['clerk', ['https://clerk.example.com', 'https://a.example, https://b.example', '', ''],
      { provider: 'clerk', issuer: 'https://clerk.example.com', authorized_parties: ['https://a.example', 'https://b.example'] }],
    ['workos', ['https://api.workos.com/user_management/client_1', '', 'client_1', ''],
      { provider: 'workos', issuer: 'https://api.workos.com/user_management/client_1', client_id: 'client_1' }],
  ]) {
    it(`need not write JSON for ${kind}`, async () => {
      const line = typed('https://o.example', 'nobody', kind, ...answers);
      const { IDENTITY_PROVIDERS: setting } = await askFor(['PUBLIC_URL', 'IDENTITY_PROVIDERS'], { required: true, line });
      assert.deepEqual(JSON.parse(setting), [entry]);
    });
  }

  it('may, for several issuers', async () => {
    const line = typed(ANSWERS.IDENTITY_PROVIDERS);
    assert.deepEqual(await askFor(['IDENTITY_PROVIDERS'], { required: true, line }), { IDENTITY_PROVIDERS: ANSWERS.IDENTITY_PROVIDERS });
  });
});

describe('variables in a table', () => {
  it('are replaced where they are, over as many lines as they took', () => {
    const text = ['[vars]', "A = '''", '[not a table]', "'''", 'B = "2" # why', '', '# of the next', '[next]', 'A = "9"', ''].join('\n');
    assert.equal(withVars(text, '[vars]', { A: '1', C: '3' }), ['[vars]', "A = '1'", 'B = "2" # why', "C = '3'", '', '# of the next', '[next]', 'A = "9"', ''].join('\n'));
  });

  it('are quoted so that they are read as they were meant', async () => {
    const values = { PUBLIC_URL: "it's", CONNECTORS: '{"a": "b\\"c"}', MODEL: 'two\nlines', ONBOARDING: '' };
    await writeFile(config, withVars(await readFile(config, 'utf8'), '[vars]', values));
    assert.deepEqual((await readConfiguration('', config)).vars, { IDENTITY_SCOPE: 'user', ...values });
  });

  it('begin a table that is not there', () => {
    assert.equal(withVars('name = "x"\n', '[vars]', { A: '1' }), 'name = "x"\n\n[vars]\nA = \'1\'\n');
  });
});
