// The providers' key sets: each fetched once for everybody, however many ask and whatever they name.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Flavour } from './lib/flavour.mjs';
import { keyPair, token } from './lib/jwt.mjs';
import { PROVIDERS, Stage } from './lib/stage.mjs';

const rsa = keyPair('rsa', { modulusLength: 2048 }, { kid: 'mine', alg: 'RS256', use: 'sig' });
/** A provider is not asked because of an unknown key again within this time. */
const COOLDOWN_MS = 30_000;
const NAMES = Object.keys(PROVIDERS);

let stage;
const flavours = {};
/** The first fetch of the last of them was no later than this. */
let fetchedBy;
before(async () => {
  stage = await Stage.up();
  // All in one Worker: the plain provider has the names without a namespace.
  const entries = NAMES.map((name) => [name, { namespace: name === 'oidc' ? undefined : name }]);
  Object.assign(stage.extra, stage.trusting(Object.fromEntries(entries)));
  await stage.kill();
  await stage.startWorker();
  for (const name of NAMES) {
    flavours[name] = await Flavour.of(stage, name, await stage.somebody('alice', {}, name));
    await stage.control('POST', `idp/publish?provider=${name}`, { keys: [rsa.jwk] });
    assert.equal((await authorize(signed(name, 'first'))).status, 200, name);
  }
  fetchedBy = Date.now();
});
after(() => stage?.down());

/** A token nobody has seen before. */
const signed = (name, jti, kid = 'mine') =>
  token(flavours[name].header({ kid }), flavours[name].claims({ jti }), rsa.privateKey);
const authorize = (value) => stage.ask('GET', '/api/workflows/onboarding-health/schedule', { headers: { authorization: `Bearer ${value}` } });
const fetches = async (name) => {
  const { endpoints } = await stage.control('GET', 'calls');
  return endpoints[name === 'oidc' ? 'jwks' : `${name}:jwks`] ?? 0;
};

test('a thousand verifications, by isolate after isolate, cost one fetch of each key set', async () => {
  for (let isolates = 0; isolates < 3; isolates += 1) {
    if (isolates > 0) {
      await stage.kill();
      await stage.startWorker();
    }
    for (let batch = 0; batch < 10; batch += 1) {
      const tokens = Array.from({ length: 36 }, (_, n) => signed(NAMES[n % NAMES.length], `${isolates}/${batch}/${n}`));
      const answers = await Promise.all(tokens.map((value) => authorize(value)));
      assert.deepEqual([...new Set(answers.map((it) => it.status))], [200]);
    }
  }
  for (const name of NAMES) assert.equal(await fetches(name), 1, name);
});

test('keys are rotated without a failed request, and unknown ones cost one fetch at most', async () => {
  const cooled = fetchedBy + COOLDOWN_MS + 1000;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, cooled - Date.now())));
  for (const name of NAMES) {
    const before = await fetches(name);
    const byKey = (kid, n) =>
      stage.control('POST', `idp/sign?provider=${name}`, {
        header: flavours[name].header({ kid }),
        claims: flavours[name].claims({ jti: `${kid}/${n}` }),
        key: kid,
      });
    const ask = async (kid, n) => (await authorize(await byKey(kid, n))).status;
    assert.equal(await ask('rs256-1', 'before'), 200, name);
    const { kid } = await stage.control('POST', `idp/rotate?provider=${name}`);
    const both = Array.from({ length: 60 }, (_, n) => ask(n % 2 === 0 ? kid : 'rs256-1', n));
    assert.deepEqual([...new Set(await Promise.all(both))], [200], name);
    assert.equal(await fetches(name), before + 1, name);

    const flood = Array.from({ length: 100 }, async (_, n) => (await authorize(signed(name, `flood/${n}`, `unknown-${n}`))).status);
    assert.deepEqual([...new Set(await Promise.all(flood))], [401], name);
    assert.equal(await fetches(name), before + 1, `${name}: within the cooldown, the provider is left alone`);
  }
});

test('a fetch whose request went away spends nothing: whoever comes next is let in', async () => {
  // A Worker that has kept nothing, so that the first request fetches.
  const fresh = await Stage.up();
  try {
    const user = await fresh.somebody('alice');
    const value = await fresh.token(user);
    const path = '/api/workflows/onboarding-health/schedule';
    const headers = { authorization: `Bearer ${value}` };
    await fresh.control('POST', 'faults', { rules: [{ match: { endpoint: 'jwks' }, latency_ms: 4000, times: 1 }] });
    const gone = fetch(`${fresh.url}${path}`, { headers, signal: AbortSignal.timeout(1000) });
    await assert.rejects(gone, /abort|timeout/i);
    assert.equal((await fresh.ask('GET', path, { headers })).status, 200);
  } finally {
    await fresh.kill();
  }
});
