// Identity providers that answer nothing as they should: their users are told to come back, nobody
// else notices.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { hostile } from './lib/hostile.mjs';
import { keyPair, token } from './lib/jwt.mjs';
import { Stage } from './lib/stage.mjs';

const key = keyPair('rsa', { modulusLength: 2048 }, { kid: 'one', alg: 'RS256' });
const AUDIENCE = 'hostile';
/** Longest anybody waits for an answer: two documents of a provider, at their deadlines. */
const PATIENCE_MS = 15_000;

let stage;
let servers;
before(async () => {
  servers = await hostile([key.jwk, { kty: 'EC', crv: 'P-256', kid: 'off the curve', x: 'A'.repeat(43), y: 'A'.repeat(43) }]);
  const all = [...Object.values(servers.issuers), ...Object.values(servers.keySets), servers.good];
  const providers = all.map((issuer, n) => ({ provider: 'oidc', issuer, audience: AUDIENCE, namespace: `n${n}`, client_id: 'client' }));
  // Public clients: one secret for several providers would be refused, as it would go to them all.
  const extra = { IDENTITY_PROVIDERS: JSON.stringify(providers), OIDC_CLIENT_SECRET: '' };
  stage = await Stage.up({ extra });
});
after(async () => {
  servers?.close();
  await stage?.down();
});

const now = () => Math.floor(Date.now() / 1000);
const by = (issuer, kid = 'one', alg = 'RS256') => {
  const claims = { iss: issuer, sub: 'alice', aud: AUDIENCE, iat: now(), exp: now() + 600 };
  return token({ alg, kid }, claims, key.privateKey);
};
const ask = (issuer, ...how) => {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(`${stage.url}/api/workflows/onboarding-health/schedule`, { headers: { authorization: `Bearer ${by(issuer, ...how)}` }, signal });
};

/** Told that the provider is not available, and when to come back. */
async function assertUnavailable(answer, what) {
  const text = await answer.text();
  assert.equal(answer.status, 503, `${what}: ${answer.status} ${text}`);
  assert.match(text, /urn:onbehalf:problem:identity-unavailable/, what);
  assert.ok(Number(answer.headers.get('retry-after')) > 0, what);
}

test('whatever a provider answers, its users are told to come back, and others are served meanwhile', async () => {
  assert.equal((await ask(servers.good)).status, 200);
  const asked = Object.entries({ ...prefixed('discovery: ', servers.issuers), ...prefixed('keys: ', servers.keySets) });
  const answers = Promise.all(asked.map(async ([what, issuer]) => [what, await ask(issuer)]));
  // While some of them keep their users waiting.
  for (let n = 0; n < 20; n += 1) assert.equal((await ask(servers.good)).status, 200);
  for (const [what, answer] of await answers) await assertUnavailable(answer, what);
  assert.equal(servers.elsewhere(), 0, 'no redirect is followed');
  assert.equal((await ask(servers.good)).status, 200);
});

const prefixed = (prefix, addresses) =>
  Object.fromEntries(Object.entries(addresses).map(([kind, address]) => [`${prefix}${kind}`, address]));

test('a key that is no point of its curve lets nobody in', async () => {
  const answer = await ask(servers.good, 'off the curve', 'ES256');
  assert.ok([401, 503].includes(answer.status), `${answer.status} ${await answer.text()}`);
  assert.equal((await ask(servers.good)).status, 200);
});

test('nobody is sent to sign in at a provider that is not one', async () => {
  const asked = Object.entries(servers.issuers);
  await Promise.all(
    asked.map(async ([kind, issuer]) => {
      const answer = await fetch(`${stage.url}/auth/login?provider=${encodeURIComponent(issuer)}`, {
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      assert.ok([403, 503].includes(answer.status), `${kind}: ${answer.status}`);
      assert.match(answer.headers.get('content-type'), /text\/html/, kind);
    }),
  );
});
