// Several identity providers at once, each by its own documentation: nobody is anybody else, and
// what would make one person two is refused before anybody comes.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { freePort } from '../../scripts/lib/processes.mjs';
import { keyPair, token as made } from './lib/jwt.mjs';
import { Browser, BY_CONSENT, PROVIDERS, Stage } from './lib/stage.mjs';

const now = () => Math.floor(Date.now() / 1000);
const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

describe('six providers at once', () => {
  let stage;
  /** As an operator names them: one has the names without a namespace. */
  const namespaceOf = (provider) => (provider === 'oidc' ? undefined : provider);
  before(async () => {
    stage = await Stage.up({ manners: BY_CONSENT });
    const entries = Object.keys(PROVIDERS).map((provider) => [provider, { namespace: namespaceOf(provider) }]);
    Object.assign(stage.extra, stage.trusting(Object.fromEntries(entries)));
    await restart(stage);
  });
  after(() => stage?.down());

  const issuer = (provider) => stage.sandbox.providers[provider].entry.issuer;
  const begin = (browser, provider) =>
    browser.go(`${stage.url}/auth/login?${new URLSearchParams({ provider: issuer(provider), return_to: '/connect/zendesk' })}`);
  /** Signs in at the provider; answers where the browser is to go back to. */
  const answerOf = async (browser, { location }, user) => {
    const form = { ...Object.fromEntries(new URL(location).searchParams), user };
    return new URL((await browser.go(location.split('?')[0], { method: 'POST', form })).location);
  };

  test('each sends people back to an address of its own', async () => {
    for (const provider of Object.keys(PROVIDERS)) {
      const { location } = await begin(new Browser(), provider);
      const to = new URL(location).searchParams.get('redirect_uri');
      const own = namespaceOf(provider) ? `/${namespaceOf(provider)}` : '';
      assert.equal(to, `${stage.url}/auth/callback${own}`, provider);
    }
  });

  test('the same name at two of them is two people, by API and by browser', async () => {
    const user = 'one-name';
    await stage.control('POST', 'seed', { user, customers: 1, connectors: [] });
    const consents = new Set();
    for (const provider of Object.keys(PROVIDERS)) {
      const browser = new Browser();
      const back = await answerOf(browser, await begin(browser, provider), user);
      const asked = await browser.open(back.href);
      const consent = (await browser.confirm(asked)).location;
      consents.add(consent);
      const page = await browser.open((await browser.allow(consent)).location);
      assert.equal(page.status, 200, `${provider}: ${page.text}`);
      for (const other of Object.keys(PROVIDERS)) {
        const answer = await stage.ask('GET', '/api/connections', bearer(await stage.token(user, other)));
        assert.equal(answer.status, 200, `${other}: ${answer.text}`);
        const { status } = answer.json.connections.find((it) => it.connector === 'zendesk');
        const connected = Object.keys(PROVIDERS).indexOf(other) <= Object.keys(PROVIDERS).indexOf(provider);
        assert.equal(status === 'active', connected, `${provider} connected, asked as ${other}: ${status}`);
      }
    }
    assert.equal(consents.size, Object.keys(PROVIDERS).length);
  });

  test('an answer that comes in under another provider\u2019s address is refused, and so is the attempt', async () => {
    for (const path of ['/auth/callback', '/auth/callback/auth0', '/auth/callback/nobody']) {
      const browser = new Browser();
      const back = await answerOf(browser, await begin(browser, 'okta'), 'alice');
      const kept = new Map(browser.cookies.get(new URL(stage.url).host));
      const elsewhere = new URL(back);
      elsewhere.pathname = path;
      assert.equal((await browser.go(elsewhere.href)).status, 403, path);
      browser.cookies.set(new URL(stage.url).host, kept);
      assert.equal((await browser.go(back.href)).status, 400, path);
    }
  });

  test('an issuer that promises to name itself has to, and no parameter comes twice', async () => {
    const tried = async (change) => {
      const browser = new Browser();
      const back = await answerOf(browser, await begin(browser, 'oidc'), 'alice');
      change(back.searchParams);
      return (await browser.go(back.href)).status;
    };
    assert.equal(await tried((query) => assert.equal(query.get('iss'), issuer('oidc'))), 302);
    assert.equal(await tried((query) => query.delete('iss')), 403);
    assert.equal(await tried((query) => query.set('iss', issuer('okta'))), 403);
    assert.equal(await tried((query) => query.append('iss', issuer('okta'))), 403);
    assert.equal(await tried((query) => query.append('iss', issuer('oidc'))), 403);
    assert.equal(await tried((query) => query.append('code', 'another')), 403);
  });

  test('one provider\u2019s token is never taken for another\u2019s', async () => {
    for (const [signer, claimed] of [['okta', 'auth0'], ['auth0', 'clerk'], ['workos-older', 'workos'], ['clerk', 'oidc']]) {
      const claims = { iss: issuer(claimed), sub: 'alice', uid: 'alice', sid: 's', azp: 'https://app.onbehalf.example', aud: ['onbehalf', 'https://api.onbehalf.example'], iat: now(), exp: now() + 60 };
      const token = await stage.control('POST', `idp/sign?provider=${signer}`, { header: { alg: 'RS256', kid: 'rs256-1' }, claims, key: 'RS256' });
      const answer = await stage.ask('GET', '/api/workflows/onboarding-health/schedule', bearer(token));
      assert.equal(answer.status, 401, `${signer} as ${claimed}`);
    }
    const org = await stage.token('alice', 'okta-org');
    assert.equal((await stage.ask('GET', '/api/workflows/onboarding-health/schedule', bearer(org))).status, 401, 'a token for Okta itself');
  });

  test('who is given somebody\u2019s login at Okta is not them', async () => {
    const claims = (uid) => ({ ver: 1, iss: issuer('okta'), aud: 'api://default', sub: 'amy@acme.example', uid, cid: 'c', iat: now(), exp: now() + 60 });
    const as = async (uid) => {
      const token = await stage.control('POST', 'idp/sign?provider=okta', { header: { alg: 'RS256', kid: 'rs256-1' }, claims: claims(uid), key: 'RS256' });
      return (path, method = 'GET') => stage.ask(method, path, bearer(token));
    };
    const [first, next] = [await as('00ufirst'), await as('00unext')];
    assert.equal((await first('/api/workflows/onboarding-health/schedule', 'PUT')).json.enabled, true);
    assert.equal((await next('/api/workflows/onboarding-health/schedule')).json.enabled, false);
  });

  test('a Clerk token has to be of a complete session of the user\u2019s own, for this service', async () => {
    const good = { iss: issuer('clerk'), sub: 'user_amy', azp: 'https://app.onbehalf.example', sid: 'sess_1', sts: 'active', v: 2 };
    const status = async (change) => {
      const claims = { ...good, iat: now(), exp: now() + 60, ...change };
      const token = await stage.control('POST', 'idp/sign?provider=clerk', { header: { alg: 'RS256', kid: 'rs256-1', typ: 'JWT' }, claims, key: 'RS256' });
      return (await stage.ask('GET', '/api/workflows/onboarding-health/schedule', bearer(token))).status;
    };
    assert.equal(await status({}), 200);
    for (const change of [{ aud: 'another service' }, { sts: 'pending' }, { act: { sub: 'user_boss' } }, { sid: undefined }, { azp: undefined }, { azp: 'https://evil.example' }]) {
      assert.equal(await status(change), 401, JSON.stringify(change));
    }
  });
});

/** Another Worker over the same storage, as after a deployment. */
async function restart(stage) {
  await stage.kill();
  await stage.startWorker();
}

describe('one deployment after another', () => {
  let stage;
  before(async () => {
    stage = await Stage.up({ manners: BY_CONSENT });
  });
  after(() => stage?.down());

  test('names without a namespace do not pass to another issuer, until an operator says so', async () => {
    assert.equal((await stage.ask('GET', '/api/workflows/onboarding-health/schedule', { as: 'alice' })).status, 200);
    const first = { ...stage.extra };
    Object.assign(stage.extra, stage.trusting({ okta: {} }));
    await restart(stage);
    const asOkta = async () => stage.ask('GET', '/api/workflows/onboarding-health/schedule', bearer(await stage.token('alice', 'okta')));
    const refused = await asOkta();
    assert.equal(refused.status, 403);
    assert.match(refused.json.detail, /another issuer/);
    const browser = new Browser();
    const page = await browser.signIn(await browser.open(`${stage.url}/auth/login`), 'alice');
    assert.equal(page.status, 403, 'nor with a browser');

    Object.assign(stage.extra, stage.trusting({ okta: { takes_over: stage.sandbox.idp.issuer } }));
    await restart(stage);
    assert.equal((await asOkta()).status, 200);
    // It has passed on: the issuer before has to be given it back.
    stage.extra = first;
    await restart(stage);
    assert.equal((await stage.ask('GET', '/api/workflows/onboarding-health/schedule', { as: 'alice' })).status, 403);
    Object.assign(stage.extra, stage.trusting({ oidc: { takes_over: stage.sandbox.providers.okta.entry.issuer } }));
    await restart(stage);
    assert.equal((await stage.ask('GET', '/api/workflows/onboarding-health/schedule', { as: 'alice' })).status, 200);
  });

  test('sessions outlive a change of the secret while the old one stands beside the new', async () => {
    const [old, fresh] = ['5f1c9e0a7a7d4286b09e3d51c8f4a267', '0d94e7b21fc86a35e90b7d41c2f8a65e3b0c9d17'];
    stage.extra.SESSION_SECRET = old;
    await restart(stage);
    const browser = new Browser();
    await browser.signIn(await browser.open(`${stage.url}/auth/login`), 'alice');
    const signedIn = async () => (await browser.go(`${stage.url}/connect/zendesk`)).status === 200;
    assert.equal(await signedIn(), true);
    stage.extra.SESSION_SECRET = `${fresh},${old}`;
    await restart(stage);
    assert.equal(await signedIn(), true);
    stage.extra.SESSION_SECRET = fresh;
    await restart(stage);
    assert.equal(await signedIn(), false);
  });

  test('keys at another address count at once, and those kept from the old one no longer', async () => {
    const [old, fresh] = ['a', 'b'].map(() => keyPair('rsa', { modulusLength: 2048 }, { kid: 'one', alg: 'RS256', use: 'sig' }));
    const keys = http.createServer((request, answer) => {
      answer.setHeader('cache-control', 'max-age=86400').setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ keys: [request.url === '/old' ? old.jwk : fresh.jwk] }));
    });
    await new Promise((resolve) => keys.listen(0, 'localhost', resolve));
    try {
      const at = (path) => ({ jwks_uri: `http://localhost:${keys.address().port}${path}` });
      const claims = () => ({ iss: stage.sandbox.idp.issuer, sub: 'alice', aud: 'onbehalf', iat: now(), exp: now() + 60 });
      const asked = async ({ privateKey }) => (await stage.ask('GET', '/api/workflows/onboarding-health/schedule', bearer(made({ alg: 'RS256', kid: 'one' }, claims(), privateKey)))).status;
      Object.assign(stage.extra, stage.trusting({ oidc: at('/old') }));
      await restart(stage);
      assert.deepEqual([await asked(old), await asked(fresh)], [200, 401]);
      Object.assign(stage.extra, stage.trusting({ oidc: at('/new') }));
      await restart(stage);
      assert.deepEqual([await asked(old), await asked(fresh)], [401, 200]);
    } finally {
      keys.close();
    }
  });
});

describe('accounts of organizations', () => {
  for (const [provider, entry] of [['auth0', { organization: 'org_acme' }], ['clerk', {}], ['workos', {}]]) {
    describe(`with ${provider}`, () => {
      let stage;
      before(async () => {
        stage = await Stage.up({ manners: BY_CONSENT, provider, entry, extra: { IDENTITY_SCOPE: 'org' } });
      });
      after(() => stage?.down());

      test('signing in says the same organization as calling the API', async () => {
        const user = await stage.somebody('amy', { connectors: [] });
        const browser = new Browser();
        const page = await browser.signIn(await browser.open(`${stage.url}/auth/login`), user);
        assert.ok(page.url.startsWith(stage.url) && page.status === 200, page.text);
        assert.equal((await stage.ask('GET', '/api/connections', { as: user })).status, 200);
      });
    });
  }
});

describe('what would make one person two', () => {
  let stage;
  before(async () => {
    stage = await Stage.up({ manners: BY_CONSENT });
  });
  after(() => stage?.down());

  for (const [provider, entry, reason] of [
    ['okta-org', {}, /org authorization server.*use a custom one/],
    ['okta', { user_claim: 'sub' }, /is the login.*leave user_claim out/],
  ]) {
    test(`is refused (${provider}), with the reason and what to write instead in the log`, async () => {
      Object.assign(stage.extra, stage.trusting({ [provider]: entry }));
      stage.port = await freePort();
      await assert.rejects(stage.startWorker(), /IDENTITY_PROVIDERS cannot be used/);
      assert.match(await readFile(stage.logs.at(-1), 'utf8'), reason);
    });
  }
});
