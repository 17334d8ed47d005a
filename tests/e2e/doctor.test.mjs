// `npm run doctor` against the Worker, with each thing broken in turn: it says what is broken, only
// that, and how it is mended, and never shows what it was lent.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { LENT, examine } from '../../scripts/lib/doctor/examine.mjs';
import { readLines } from '../../scripts/lib/env_file.mjs';
import { inRoot, npmBin } from '../../scripts/lib/paths.mjs';
import { end } from '../../scripts/lib/processes.mjs';
import { putInFront } from './lib/front.mjs';
import { oddIssuer, publicJwk } from './lib/odd_issuer.mjs';
import { Stage } from './lib/stage.mjs';
import { standIn } from '../scripts/lib/stand_in_wrangler.mjs';

let stage;
let odd;

before(async () => {
  odd = await oddIssuer();
  stage = await Stage.up();
  await restart({ IDENTITY_PROVIDERS: JSON.stringify([await plain(), oddEntry()]), OIDC_CLIENT_SECRET: await secrets() });
});
after(async () => {
  odd?.close();
  await stage?.down();
});

/** The settings file of the Worker as it was last started. */
const settings = () => readLines(join(stage.state, 'worker.env'), 'settings');
const plain = async () => JSON.parse((await settings()).IDENTITY_PROVIDERS)[0];
const oddEntry = () => ({ provider: 'oidc', issuer: odd.issuer, audience: ['onbehalf'], client_id: 'odd', namespace: 'odd' });
const secrets = async () =>
  JSON.stringify({ [stage.sandbox.idp.issuer]: stage.sandbox.idp.client_secret, [odd.issuer]: 'canary-of-the-odd-one' });

/** Starts the Worker anew with these settings over those it had; one that is not healthy stays up. */
async function restart(extra) {
  await end(stage.worker.child);
  stage.extra = { ...stage.extra, ...extra };
  await stage.startWorker();
}

/** Wrangler's own reading of wrangler.toml takes a second each time, and says the same each time. */
const CONFIGURATION = { name: 'onbehalf', crons: ['*/20 * * * *'] };

/** The Worker's settings with `known` over them, and what the doctor is lent beside; `undefined` takes
 *  one away. */
async function given(known, lent) {
  const all = { ...(await settings()), ...known, ...lent };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Nothing that the doctor was lent may be seen. */
function keepsSecrets(said, all) {
  for (const name of LENT) assert.ok(!all[name] || !said.includes(all[name]), `${name} was shown`);
}

/** What the doctor finds. */
async function doctor({ url = stage.url, lent = {}, known = {} } = {}) {
  const all = await given(known, lent);
  const { all: findings } = await examine(new URL(url), all, { configuration: CONFIGURATION });
  keepsSecrets(JSON.stringify(findings), all);
  const of = (verdict) => findings.filter((it) => it.verdict === verdict);
  return { findings, right: of('right'), wrong: of('wrong'), doubtful: of('doubtful'), unseen: of('unseen') };
}

/** The script itself, with the settings in a file and what is lent as variables. */
async function script(url, { lent = {}, known = {}, flags = [] } = {}) {
  const file = join(stage.state, 'doctor.env');
  const lines = Object.entries(await given(known, {})).map(([name, value]) => `${name}='${value}'`);
  await writeFile(file, lines.join('\n'), { mode: 0o600 });
  const args = [inRoot('scripts', 'doctor.mjs'), url, '--settings', file, ...flags];
  const ended = await new Promise((done) => {
    execFile(npmBin('node'), args, { env: { ...process.env, ...lent } }, (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
  keepsSecrets(`${ended.stdout}${ended.stderr}`, await given(known, lent));
  return ended;
}

const sentences = (findings) => findings.map((it) => it.says).join('\n');

/** The one thing that is wrong. */
function only(report, pattern, mend) {
  assert.equal(report.wrong.length, 1, sentences(report.wrong));
  assert.match(report.wrong[0].says, pattern);
  assert.match(report.wrong[0].mend, mend);
}

describe('a deployment in order', () => {
  it('has nothing wrong, and every part of it was looked at', async () => {
    const report = await doctor({ lent: { ONBEHALF_TOKEN: await stage.token('alice') } });
    assert.deepEqual(report.wrong, []);
    // workerd on one machine sends no Date; Cloudflare does, and so does what stands in front below.
    for (const area of ['address', 'settings', 'issuers', 'addresses', 'scalekit', 'webhooks']) {
      assert.ok(report.right.some((it) => it.area === area), `${area}: ${sentences(report.findings)}`);
    }
    const said = sentences(report.right);
    for (const part of [/2 keys|1 key/, /The deployment has the keys of/, /redirect address .*\/auth\/callback has to be registered/,
      /\/auth\/callback\/odd answers as it should/, /connection hubspot-qkHFhMip for hubspot, switched on/,
      /signing secret is the deployment's/, /refuses what nobody signed/, /deployment itself reaches Scalekit/]) {
      assert.match(said, part);
    }
  });

  it('is shown for people by area, each with what to do', async () => {
    const { stdout, stderr, code } = await script(stage.url);
    assert.equal(code, 0, stderr);
    for (const title of ['Address', 'Settings', 'Clock', 'Identity providers', 'Redirect addresses', 'Scalekit', 'Webhooks', 'Daily runs']) {
      assert.match(stdout, new RegExp(`^${title}$`, 'm'));
    }
    assert.match(stdout, /^ {2}– .*\n(.*\n)*? {4}→ .*ONBEHALF_TOKEN/m);
    assert.match(stdout, /\d+ right, nothing wrong/);
  });

  it('is told to machines as JSON, and by the exit code', async () => {
    const wrong = { SCALEKIT_CLIENT_SECRET: 'canary-of-a-wrong-secret' };
    const { stdout, code } = await script(stage.url, { lent: wrong, flags: ['--json'] });
    assert.equal(code, 1);
    const { url, findings } = JSON.parse(stdout);
    assert.equal(url, stage.url);
    assert.deepEqual(findings.filter((it) => it.verdict === 'wrong').map((it) => it.area), ['scalekit']);
  });

  it('can be looked at without being lent anything, and is told what more there is to see', async () => {
    const nothing = Object.fromEntries(Object.keys(await settings()).map((name) => [name, undefined]));
    const report = await doctor({ known: nothing });
    assert.deepEqual(report.wrong, []);
    assert.match(sentences(report.unseen), /environment was not asked/);
    assert.match(sentences(report.unseen), /signing secret is the right one was not tried/);
    assert.match(sentences(report.right), /calls itself so/);
  });

  it('says of a daily run whether it is on', async () => {
    const path = '/api/workflows/onboarding-health/schedule';
    assert.equal((await stage.ask('PUT', path, { as: 'alice' })).status, 200);
    const report = await doctor({ lent: { ONBEHALF_TOKEN: await stage.token('alice') } });
    assert.match(sentences(report.right), /daily run of onboarding-health is on; none was due yet, the next is due at 20/);
    await stage.ask('DELETE', path, { as: 'alice' });
  });
});

// The deployment is this Worker, whatever the stand-in for wrangler does.
describe('npm run setup', () => {
  /** Sets up with the Worker's own settings and `changed` over them. */
  async function setup(changed = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'onbehalf-setup-'));
    try {
      const wrangler = await standIn(folder);
      const config = join(folder, 'wrangler.toml');
      await copyFile(inRoot('wrangler.toml'), config);
      const all = await given(changed, {});
      const answers = join(folder, 'answers');
      await writeFile(answers, Object.entries(all).map(([name, value]) => `${name}='${value}'`).join('\n'), { mode: 0o600 });
      const args = [inRoot('scripts', 'setup.mjs'), '--config', config, '--answers', answers];
      const ended = await new Promise((done) => {
        execFile(npmBin('node'), args, { env: { ...process.env, WRANGLER: wrangler } }, (error, stdout, stderr) =>
          done({ code: error ? error.code : 0, said: `${stdout}${stderr}` }),
        );
      });
      keepsSecrets(ended.said, all);
      return ended;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  it('ends with what the doctor says', async () => {
    const good = await setup();
    assert.equal(good.code, 0, good.said);
    assert.match(good.said, /To be registered[^]*\/auth\/callback\/odd as redirect address/);
    assert.match(good.said, /right, nothing wrong/);
    const bad = await setup({ SCALEKIT_CLIENT_SECRET: 'canary-of-a-wrong-secret' });
    assert.equal(bad.code, 1, bad.said);
    assert.match(bad.said, /refused the client's credentials/);
  });
});

describe('an address that is wrong', () => {
  it('leads nowhere', async () => {
    const report = await doctor({ url: 'http://localhost:9' });
    assert.match(sentences(report.wrong), /http:\/\/localhost:9 cannot be reached: /);
  });

  it('leads to something else', async () => {
    const report = await doctor({ url: stage.sandbox.url });
    only(report, /Something answers .* but it is not Onbehalf/, /wrangler deploy printed/);
  });

  it('is not the one that the deployment calls itself', async () => {
    const report = await doctor({ url: stage.url.replace('localhost', '127.0.0.1') });
    only(report, /calls itself http:\/\/localhost:\d+\/?, and not http:\/\/127\.0\.0\.1:/, /PUBLIC_URL/);
  });

  it('is none', async () => {
    const { code, stderr } = await script('onbehalf');
    assert.equal(code, 1);
    assert.match(stderr, /"onbehalf" is no address/);
  });
});

describe('what stands in front of it', () => {
  let front;
  before(async () => {
    front = await putInFront(stage.url);
    await restart({ PUBLIC_URL: front.url });
  });
  after(async () => {
    front.close();
    await restart({ PUBLIC_URL: stage.url });
  });

  it('may have another clock', async () => {
    assert.match(sentences((await doctor({ url: front.url })).right), /clock agrees with this machine's/);
    front.dateAhead = 60;
    assert.match(sentences((await doctor({ url: front.url })).doubtful), /clock and this machine's are (59|60|61) s apart/);
    front.dateAhead = -600;
    only(await doctor({ url: front.url }), /are (599|600|601) s apart/, /network time/);
    front.dateAhead = 0;
  });

  for (const [path, status, said] of [
    ['/connect/callback', 404, /\/connect\/callback should show a page \(400\).* it answered 404/],
    ['/auth/callback', 302, /\/auth\/callback should show a page/],
    ['/webhooks/scalekit', 200, /should refuse what nobody signed with 401; it answered 200/],
    ['/api/workflows', 200, /answered 200 to a token that nobody signed/],
  ]) {
    it(`may catch ${path}`, async () => {
      front.answers = { [path]: { status } };
      const report = await doctor({ url: front.url });
      assert.ok(report.wrong.some((it) => said.test(it.says)), sentences(report.wrong));
      assert.ok(report.wrong.every((it) => it.says.includes(path) || it.says.includes('nobody signed')), sentences(report.wrong));
      front.answers = {};
    });
  }
});

describe('an issuer', () => {
  const right = { status: 200 };
  after(() => Object.assign(odd, right));

  it('calls itself something else', async () => {
    const { metadata } = odd;
    odd.metadata = { ...metadata, issuer: `${odd.issuer}/` };
    const report = await doctor();
    assert.match(sentences(report.wrong), new RegExp(`${odd.issuer} calls itself ${odd.issuer}/`));
    assert.match(report.wrong[0].mend, /to the last slash/);
    odd.metadata = metadata;
  });

  it('publishes no metadata', async () => {
    odd.status = 500;
    const report = await doctor();
    assert.match(sentences(report.wrong), /publishes no metadata: .*openid-configuration answered 500/);
    odd.status = 200;
  });

  it('signs with nothing that is taken', async () => {
    const { metadata } = odd;
    odd.metadata = { ...metadata, id_token_signing_alg_values_supported: ['HS256'] };
    only(await doctor(), /signs with HS256 only/, /RS256/);
    odd.metadata = metadata;
  });

  for (const [what, keys, said] of [
    ['are too short', [publicJwk('rsa', { modulusLength: 1024 })], /None of .* keys can be used: its 1024 bits/],
    ['are of another curve', [publicJwk('ec', { namedCurve: 'P-384' })], /its curve is not P-256/],
    ['are for encryption', [publicJwk('rsa', { modulusLength: 2048 }, { use: 'enc' })], /it is not for signatures/],
    ['cannot be imported', [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }], /it cannot be imported/],
    ['are not there', [], /can be used: there is none/],
  ]) {
    it(`has keys that ${what}`, async () => {
      const before = odd.keys;
      odd.keys = { keys };
      only(await doctor(), said, /Have it sign with a key for/);
      odd.keys = before;
    });
  }

  it('has no key set where it says', async () => {
    const before = odd.keys;
    odd.keys = 'not a key set';
    only(await doctor(), /keys of .* cannot be read from .*\/keys: what it answers is no key set/, /jwks_uri/);
    odd.keys = before;
  });

  it('does not let people in with this redirect address', async () => {
    const registered = ['https://elsewhere.example/auth/callback'];
    await stage.control('POST', 'idp/settings', { iss_parameter: 'promised', redirect_uris: registered });
    only(await doctor(), /refuses to begin a sign-in for this deployment \(400\)/, /\/auth\/callback has to be registered/);
    await stage.control('POST', 'idp/settings', { iss_parameter: 'promised' });
  });
});

describe('an issuer that the deployment', () => {
  it('does not trust, though the settings here name it', async () => {
    const entries = [...JSON.parse((await settings()).IDENTITY_PROVIDERS), { provider: 'oidc', issuer: 'https://idp.invalid', namespace: 'c', audience: 'x' }];
    const report = await doctor({ known: { IDENTITY_PROVIDERS: JSON.stringify(entries) } });
    assert.deepEqual(report.wrong, []);
    assert.match(sentences(report.doubtful), /https:\/\/idp\.invalid is in the settings here, but the deployment does not trust it/);
  });

  it('has never been able to read', async () => {
    await restart({ IDENTITY_PROVIDERS: JSON.stringify([await plain(), { ...oddEntry(), jwks_uri: `${odd.issuer}/keys` }]) });
    odd.status = 503;
    const report = await doctor();
    odd.status = 200;
    assert.match(sentences(report.wrong), new RegExp(`The deployment cannot read the keys of ${odd.issuer}`));
  });

  it('lets nobody sign in at, because it has no client', async () => {
    const { client_id: _, ...without } = await plain();
    await restart({ IDENTITY_PROVIDERS: JSON.stringify([without]), OIDC_CLIENT_SECRET: '' });
    const report = await doctor();
    assert.deepEqual(report.wrong, []);
    assert.match(sentences(report.doubtful), /Nobody can sign in with a browser at .* no client_id/);
    await restart({ IDENTITY_PROVIDERS: JSON.stringify([{ ...without, client_id: stage.sandbox.idp.client_id }]), OIDC_CLIENT_SECRET: stage.sandbox.idp.client_secret });
  });
});

describe('Scalekit', () => {
  it('refuses the credentials', async () => {
    only(await doctor({ lent: { SCALEKIT_CLIENT_SECRET: 'canary-of-a-wrong-secret' } }), /refused the client's credentials \(401\)/, /SCALEKIT_CLIENT_SECRET/);
  });

  it('is not there', async () => {
    only(await doctor({ known: { SCALEKIT_ENVIRONMENT_URL: 'http://localhost:9' } }), /SCALEKIT_ENVIRONMENT_URL does not answer/, /environment URL/);
  });

  it('is not sent credentials in the clear', async () => {
    only(await doctor({ known: { SCALEKIT_ENVIRONMENT_URL: 'http://scalekit.example' } }), /no https address, so no credentials were sent/, /environment URL/);
  });

  it('does not answer the deployment', async () => {
    await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'list_accounts' }, status: 503, service: true }] });
    const report = await doctor({ lent: { ONBEHALF_TOKEN: await stage.token('alice') } });
    await stage.control('POST', 'faults', { rules: [] });
    only(report, /The deployment itself cannot use Scalekit: it answered 50[23]/, /SCALEKIT_CLIENT_SECRET/);
  });

  it('does not list connections', async () => {
    await stage.control('POST', 'faults', { rules: [{ match: { endpoint: 'list_connections' }, status: 501, service: true }] });
    const report = await doctor();
    await stage.control('POST', 'faults', { rules: [] });
    assert.deepEqual(report.wrong, []);
    assert.match(sentences(report.unseen), /connections cannot be listed \(it answered 501\)/);
  });

  it('calls a connection otherwise', async () => {
    const report = await doctor({ known: { CONNECTORS: undefined } });
    const of = (connector) => report.wrong.find((it) => it.says.includes(`by which ${connector} would`));
    assert.match(of('hubspot').mend, /CONNECTORS \{"hubspot":\{"connection":"hubspot-qkHFhMip"\}\}/);
    assert.match(of('zendesk').mend, /"kind":"api_key"/);
    assert.match(sentences(report.doubtful), /no connection slack/);
  });

  it('has no connection for an app that was named', async () => {
    const all = JSON.parse((await settings()).CONNECTORS);
    const named = JSON.stringify({ ...all, trello: { label: 'Trello' } });
    only(await doctor({ known: { CONNECTORS: named } }), /no connection trello/, /"trello": null/);
  });

  for (const [what, change, said] of [
    ['takes for consent what has keys', { kind: 'oauth' }, /of type API_KEY, and CONNECTORS takes it for oauth/],
    ['begins the names of tools otherwise', { toolPrefix: 'zendeskoauth' }, /of zendesk, whose tools do not begin with zendeskoauth_/],
  ]) {
    it(`has a connection that CONNECTORS ${what}`, async () => {
      const all = JSON.parse((await settings()).CONNECTORS);
      const changed = JSON.stringify({ ...all, zendesk: { ...all.zendesk, ...change } });
      only(await doctor({ known: { CONNECTORS: changed } }), said, /Write CONNECTORS \{"zendesk"/);
    });
  }

  it('has a connection that is switched off', async () => {
    const before = await stage.control('POST', 'manners', stage.manners);
    const connections = structuredClone(before.connections);
    connections['linear-mR2xVd9K'].disabled = true;
    await stage.control('POST', 'manners', { ...stage.manners, connections });
    const report = await doctor();
    await stage.control('POST', 'manners', stage.manners);
    only(report, /connection linear-mR2xVd9K is switched off/, /Switch it on/);
  });
});

describe('webhooks', () => {
  it('are signed with another secret than the one we were lent', async () => {
    const other = `whsec_${randomBytes(32).toString('base64')}`;
    only(await doctor({ lent: { SCALEKIT_WEBHOOK_SECRETS: other } }), /signing secret is not the deployment's/, /SCALEKIT_WEBHOOK_SECRETS/);
  });

  it('are accepted by nobody without a secret', async () => {
    await restart({ SCALEKIT_WEBHOOK_SECRETS: '' });
    const report = await doctor();
    assert.deepEqual(report.wrong, []);
    const [found] = report.doubtful.filter((it) => it.area === 'webhooks');
    assert.match(found.says, /No webhook is accepted/);
    assert.match(found.mend, /connected_account\.status_updated/);
    await restart({ SCALEKIT_WEBHOOK_SECRETS: stage.sandbox.scalekit.webhook_secret });
  });
});

// Cloudflare cannot be run here. What answers in its place gives what its documentation shows of
// "List Cron Triggers"; that the real one does, only a deployment shows.
describe('cron triggers, as Cloudflare lists them', () => {
  let cloudflare;
  let schedules;
  before(async () => {
    cloudflare = http.createServer((request, response) => {
      const known = request.url === '/accounts/acc/workers/scripts/onbehalf/schedules' && request.headers.authorization === 'Bearer canary-of-cloudflare';
      response.writeHead(known ? 200 : 403, { 'content-type': 'application/json' });
      response.end(JSON.stringify(known ? { success: true, errors: [], messages: [], result: { schedules } } : { success: false }));
    });
    await new Promise((listening) => cloudflare.listen(0, 'localhost', listening));
  });
  after(() => cloudflare.close());
  const ask = (token = 'canary-of-cloudflare') =>
    doctor({
      lent: { CLOUDFLARE_API_TOKEN: token },
      known: { CLOUDFLARE_ACCOUNT_ID: 'acc', CLOUDFLARE_API_BASE_URL: `http://localhost:${cloudflare.address().port}` },
    });

  it('are there', async () => {
    schedules = [{ cron: '*/20 * * * *', created_on: '2026-01-01T00:00:00Z', modified_on: '2026-01-01T00:00:00Z' }];
    const report = await ask();
    assert.deepEqual(report.wrong, []);
    assert.match(sentences(report.right), /cron trigger "\*\/20 \* \* \* \*" for onbehalf/);
  });

  it('are missing', async () => {
    schedules = [];
    only(await ask(), /no cron trigger "\*\/20/, /Deploy again/);
  });

  it('may not be seen', async () => {
    only(await ask('canary-of-another'), /does not say which cron triggers onbehalf has: it answered 403/, /permission/);
  });
});

describe('settings that are missing or wrong', () => {
  it('are named, each with how it is set', async () => {
    await assert.rejects(restart({ SCALEKIT_CLIENT_SECRET: '', SESSION_SECRET: 'canary-too-short', RUN_RETENTION_DAYS: '3651' }), /not healthy/);
    const report = await doctor({ url: `http://localhost:${stage.port}`, known: { SCALEKIT_CLIENT_SECRET: undefined } });
    const [missing, session, retention] = report.wrong;
    assert.equal(report.wrong.length, 3, sentences(report.wrong));
    assert.match(missing.says, /^SCALEKIT_CLIENT_SECRET is missing\.$/);
    assert.match(missing.mend, /npx wrangler secret put SCALEKIT_CLIENT_SECRET --env ""/);
    assert.match(session.says, /^SESSION_SECRET cannot be used\.$/);
    assert.match(session.mend, /openssl rand -hex 32.*misconfigured/);
    assert.match(retention.mend, /wrangler\.toml under \[vars\].*whole number from 0 to 3650/);
    // What can be seen without the deployment is looked at all the same.
    assert.match(sentences(report.right), /calls itself so/);
  });
});
