// What the doctor makes of what it sees, without a deployment: keys, connectors, and that it keeps
// secrets to itself.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';

import { Findings } from '../../scripts/lib/doctor/findings.mjs';
import { judge } from '../../scripts/lib/doctor/keys.mjs';
import { connectorsOf } from '../../scripts/lib/doctor/scalekit.mjs';

const jwk = (type, options, members) => ({ ...generateKeyPairSync(type, options).publicKey.export({ format: 'jwk' }), ...members });

test('a key is used with the algorithm it names, or with that of its kind', () => {
  for (const [key, algorithm] of [
    [jwk('rsa', { modulusLength: 2048 }), 'RS256'],
    [jwk('rsa', { modulusLength: 2048 }, { alg: 'PS256' }), 'PS256'],
    [jwk('ec', { namedCurve: 'P-256' }), 'ES256'],
    [jwk('ed25519', {}), 'EdDSA'],
  ]) {
    assert.deepEqual(judge(key), { algorithm });
  }
});

test('a key that cannot be used is passed over, with a reason', () => {
  for (const [key, because] of [
    [{ kty: 'oct', k: 'AAAA' }, /kind/],
    [jwk('rsa', { modulusLength: 2048 }, { use: 'enc' }), /not for signatures/],
    [jwk('rsa', { modulusLength: 2048 }, { key_ops: ['sign'] }), /not for signatures/],
    [jwk('rsa', { modulusLength: 2048 }, { alg: 'RS512' }), /algorithm/],
    [jwk('rsa', { modulusLength: 1024 }), /1024 bits/],
    [jwk('ec', { namedCurve: 'P-521' }), /curve/],
    [{ kty: 'RSA', n: 7, e: 'AQAB' }, /imported/],
    [null, /kind/],
  ]) {
    assert.match(judge(key).because, because);
  }
});

test('a connector that CONNECTORS takes away is not looked for', () => {
  assert.deepEqual(Object.keys(connectorsOf('{"slack": null, "notion": {}}')).sort(), ['hubspot', 'linear', 'notion', 'zendesk']);
  assert.equal(connectorsOf('[]'), undefined);
  assert.equal(connectorsOf('{'), undefined);
});

test('a secret that comes back in an answer is not repeated', () => {
  const findings = new Findings(['canary-one canary-two', 'short']);
  findings.wrong('scalekit', 'it said canary-two, shortly', 'not canary-one canary-two');
  const [{ says, mend }] = findings.all;
  assert.equal(says, 'it said …, shortly');
  assert.equal(mend, 'not …');
});
