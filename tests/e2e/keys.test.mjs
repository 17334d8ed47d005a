// The provider's key set: fetched once for everybody, however many ask and whatever they name.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { keyPair, token } from './lib/jwt.mjs';
import { Stage } from './lib/stage.mjs';

const rsa = keyPair('rsa', { modulusLength: 2048 }, { kid: 'mine', alg: 'RS256', use: 'sig' });
/** The provider is not asked because of an unknown key again within this time. */
const COOLDOWN_MS = 30_000;

let stage;
/** The first fetch was no later than this. */
let fetchedBy;
before(async () => {
  stage = await Stage.up();
  await stage.control('POST', 'idp/publish', { keys: [rsa.jwk] });
  assert.equal((await authorize(signed('first'))).status, 200);
  fetchedBy = Date.now();
});
after(() => stage?.down());

const now = () => Math.floor(Date.now() / 1000);
const claims = (jti) => {
  const { issuer, audience } = stage.sandbox.idp;
  return { iss: issuer, sub: 'alice', aud: audience, iat: now(), exp: now() + 600, jti };
};
/** A token nobody has seen before. */
const signed = (jti, kid = 'mine') => token({ alg: 'RS256', kid }, claims(jti), rsa.privateKey);
const authorize = (value) => stage.ask('GET', '/api/workflows/onboarding-health/schedule', { headers: { authorization: `Bearer ${value}` } });
const fetches = async () => (await stage.control('GET', 'calls')).endpoints.jwks ?? 0;

test('a thousand verifications, by isolate after isolate, cost one fetch of the key set', async () => {
  for (let isolates = 0; isolates < 3; isolates += 1) {
    if (isolates > 0) {
      await stage.kill();
      await stage.startWorker();
    }
    for (let batch = 0; batch < 10; batch += 1) {
      const tokens = Array.from({ length: 34 }, (_, n) => signed(`${isolates}/${batch}/${n}`));
      const answers = await Promise.all(tokens.map((value) => authorize(value)));
      assert.deepEqual([...new Set(answers.map((it) => it.status))], [200]);
    }
  }
  assert.equal(await fetches(), 1);
});

test('keys are rotated without a failed request, and unknown ones cost one fetch at most', async () => {
  const cooled = fetchedBy + COOLDOWN_MS + 1000;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, cooled - Date.now())));
  const before = await fetches();
  const byKey = (key, n) => stage.control('POST', 'idp/sign', { header: { alg: 'RS256', kid: key }, claims: claims(`${key}/${n}`), key });
  const ask = async (key, n) => (await authorize(await byKey(key, n))).status;
  assert.equal(await ask('rs256-1', 'before'), 200);
  const { kid } = await stage.control('POST', 'idp/rotate');
  const both = Array.from({ length: 60 }, (_, n) => ask(n % 2 === 0 ? kid : 'rs256-1', n));
  assert.deepEqual([...new Set(await Promise.all(both))], [200]);
  assert.equal(await fetches(), before + 1);

  const flood = Array.from({ length: 300 }, async (_, n) => (await authorize(signed(`flood/${n}`, `unknown-${n}`))).status);
  assert.deepEqual([...new Set(await Promise.all(flood))], [401]);
  assert.equal(await fetches(), before + 1, 'within the cooldown, the provider is left alone');
});
