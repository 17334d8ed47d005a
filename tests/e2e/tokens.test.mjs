// Attacks on tokens, against the running Worker with real keys. The identity provider publishes
// keys of this test's beside its own, so that whatever can be written can also be signed.
//
// Each refusal names its reason: a token refused for another one would prove nothing. Every attack is
// tried on the tokens of every provider, which hold what its documentation says.

import assert from 'node:assert/strict';
import { createHash, createPrivateKey } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { encode, forgedForExponentOne, keyPair, pem, token } from './lib/jwt.mjs';
import { Flavour } from './lib/flavour.mjs';
import { Browser, PROVIDERS, Stage, WORKFLOW } from './lib/stage.mjs';

const rsa = keyPair('rsa', { modulusLength: 2048 }, { kid: 'mine', alg: 'RS256', use: 'sig' });
const pss = keyPair('rsa', { modulusLength: 2048 }, { kid: 'pss', alg: 'PS256' });
const ec = keyPair('ec', { namedCurve: 'P-256' }, { kid: 'ec', alg: 'ES256' });
const p384 = keyPair('ec', { namedCurve: 'P-384' }, { kid: 'p384', alg: 'ES384' });
const ed = keyPair('ed25519', {}, { kid: 'ed' });
const weak = keyPair('rsa', { modulusLength: 1024 }, { kid: 'weak', alg: 'RS256', use: 'sig' });
const forEncryption = keyPair('rsa', { modulusLength: 2048 }, { kid: 'enc', alg: 'RS256', use: 'enc' });
const forWrapping = keyPair('rsa', { modulusLength: 2048 }, { kid: 'wrap', key_ops: ['wrapKey'] });
const twin = keyPair('rsa', { modulusLength: 2048 }, { kid: 'twin', alg: 'RS256' });
const otherTwin = keyPair('rsa', { modulusLength: 2048 }, { kid: 'twin', alg: 'RS256' });
const unpublished = keyPair('rsa', { modulusLength: 2048 }, {});
const secret = Buffer.from('a secret that should never have been in a key set');
/** With an exponent of one, a signature is the padded digest itself: anybody can write it. */
const exponentOne = { ...rsa.jwk, kid: 'one', e: 'AQ' };
/** The signing keys of RFC 7515, appendices A.2 and A.3; their private halves are public too. */
const rfcRsa = {
  kty: 'RSA',
  kid: 'rfc-rsa',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  e: 'AQAB',
};
const rfcEc = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'rfc-ec',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const rfcEcPrivate = createPrivateKey({
  key: { ...rfcEc, d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI' },
  format: 'jwk',
});

for (const provider of Object.keys(PROVIDERS)) describe(`tokens of ${provider}`, () => {
  let stage;
  /** Who everything is tried on, as this provider names them, and what their tokens hold. */
  let alice;
  let flavour;
  before(async () => {
    stage = await Stage.up({ provider });
    alice = await stage.somebody('alice', { connectors: undefined });
    flavour = await Flavour.of(stage, provider, alice);
    await stage.control('POST', `idp/publish?provider=${provider}`, {
      keys: [
        ...[rsa, pss, ec, p384, ed, weak, forEncryption, forWrapping, twin, otherTwin].map((it) => it.jwk),
        { kty: 'oct', kid: 'oct', alg: 'HS256', k: encode(secret) },
        exponentOne,
        rfcRsa,
        rfcEc,
        'not a key at all',
        { kid: 'empty' },
      ],
    });
  });
  after(() => stage?.down());

  const now = () => Math.floor(Date.now() / 1000);
  const claims = (change) => flavour.claims(change);
  const header = (change) => flavour.header(change);
  const signed = (change, headerChange) => token(header(headerChange), claims(change), rsa.privateKey);
  const authorize = (value, path = '/api/workflows/onboarding-health/schedule') =>
    stage.ask('GET', path, { headers: { authorization: `Bearer ${value}` } });

  /** What RFC 6750 asks of a refusal, and that nothing of the token comes back. */
  async function assertRefused(name, value, reason) {
    const answer = await authorize(value);
    assert.equal(answer.status, 401, `${name}: ${answer.status} ${answer.text}`);
    assert.match(answer.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/, name);
    assert.match(answer.json.detail, reason, name);
    for (const segment of value.split('.').filter((it) => it.length > 16)) {
      assert.ok(!answer.text.includes(segment.slice(0, 17)), `${name} is echoed`);
    }
  }

  /** One row an attack: its name, the token, why it is refused. */
  async function refuseAll(table) {
    for (const [name, value, reason] of table) await assertRefused(name, value, reason);
  }

  test('what these keys sign is accepted when nothing is wrong with it', async () => {
    const good = {
      RS256: signed(),
      PS256: token(header({ alg: 'PS256', kid: 'pss' }), claims(), pss.privateKey, 'PS256'),
      ES256: token(header({ alg: 'ES256', kid: 'ec' }), claims(), ec.privateKey, 'ES256'),
      EdDSA: token(header({ alg: 'EdDSA', kid: 'ed' }), claims(), ed.privateKey, 'EdDSA'),
      'a key of RFC 7515': token(header({ alg: 'ES256', kid: 'rfc-ec' }), claims(), rfcEcPrivate, 'ES256'),
      ...(flavour.hasAudience ? { 'several audiences, ours among them': signed({ aud: ['other', flavour.audience] }) } : { 'no audience': signed({ aud: undefined }) }),
    };
    for (const [name, value] of Object.entries(good)) {
      const answer = await authorize(value);
      assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    }
  });

  test('algorithms are the key’s, never the token’s', async () => {
    const [head, payload, signature] = signed().split('.');
    const withHeader = (change) => `${encode(header(change))}.${payload}`;
    const none = (alg) => `${withHeader({ alg })}.`;
    const hmac = (with_) => token(header({ alg: 'HS256' }), claims(), with_, 'HS256');
    const der = token(header({ alg: 'ES256', kid: 'ec' }), claims(), ec.privateKey, 'DER');
    const empty = `${head}.${payload}.`;
    await refuseAll([
      ...['none', 'None', 'NONE', 'nOnE', ''].map((alg) => [`alg ${alg}`, none(alg), /algorithm is not accepted/]),
      ['none with a signature', `${withHeader({ alg: 'none' })}.${signature}`, /algorithm is not accepted/],
      ['no alg', `${withHeader({ alg: undefined })}.${signature}`, /algorithm is not accepted/],
      ['alg that is a number', `${withHeader({ alg: 256 })}.${signature}`, /algorithm is not accepted/],
      ['alg in lower case', token(header({ alg: 'rs256' }), claims(), rsa.privateKey), /algorithm is not accepted/],
      ['HMAC with the RSA key as PEM', hmac(pem(rsa.publicKey)), /algorithm is not accepted/],
      ['HMAC with the RSA key as JWK', hmac(JSON.stringify(rsa.jwk)), /algorithm is not accepted/],
      ['HMAC with the modulus', hmac(Buffer.from(rsa.jwk.n, 'base64url')), /algorithm is not accepted/],
      ['HMAC with nothing', hmac(''), /algorithm is not accepted/],
      ['HMAC with a secret of the key set', token(header({ alg: 'HS256', kid: 'oct' }), claims(), secret, 'HS256'), /algorithm is not accepted/],
      ['RS512', withHeader({ alg: 'RS512' }).concat('.', signature), /algorithm is not accepted/],
      ['PS256 with the key for RS256', token(header({ alg: 'PS256' }), claims(), rsa.privateKey, 'PS256'), /algorithm is not that of its key/],
      ['RS256 with the key for PS256', token(header({ kid: 'pss' }), claims(), pss.privateKey), /algorithm is not that of its key/],
      ['ES256 named, RSA key meant', token(header({ alg: 'ES256' }), claims(), ec.privateKey, 'ES256'), /algorithm is not that of its key/],
      ['EdDSA named, EC key meant', token(header({ alg: 'EdDSA', kid: 'ec' }), claims(), ed.privateKey, 'EdDSA'), /algorithm is not that of its key/],
      ['a curve that is not accepted', token(header({ alg: 'ES384', kid: 'p384' }), claims(), p384.privateKey, 'ES384'), /algorithm is not accepted/],
      ['ECDSA in DER', der, /signature/],
      ['ECDSA of nothing but zeros', `${encode(header({ alg: 'ES256', kid: 'ec' }))}.${payload}.${encode(Buffer.alloc(64))}`, /signature/],
      ['a weak key', token(header({ kid: 'weak' }), claims(), weak.privateKey), /key is not in/],
      ['a key for encryption', token(header({ kid: 'enc' }), claims(), forEncryption.privateKey), /key is not in/],
      ['a key for wrapping', token(header({ kid: 'wrap' }), claims(), forWrapping.privateKey), /key is not in/],
      ['a key with an exponent of one', forgedForExponentOne(header({ kid: 'one' }), claims()), /key is not in/],
      ['a key of two', token(header({ kid: 'twin' }), claims(), twin.privateKey), /key is not in/],
      ['a key nobody published', token(header(), claims(), unpublished.privateKey), /signature/],
      ['no signature', empty, /signature|well-formed/],
      ['half a signature', `${head}.${payload}.${signature.slice(0, 172)}`, /signature/],
      ['other claims under the same signature', `${head}.${encode(claims({ subject: 'mallory' }))}.${signature}`, /signature/],
      ['another header under the same signature', `${withHeader({ typ: 'application/at+jwt' })}.${signature}`, /signature/],
    ]);
  });

  test('a header may not bring keys, point to keys or ask for extensions', async () => {
    const evil = { jwk: unpublished.jwk, jku: 'https://evil.example/keys', x5u: 'https://evil.example/cert', x5c: ['MIIB'] };
    const table = Object.entries(evil).map(([name, value]) => [
      name,
      token(header({ [name]: value }), claims(), unpublished.privateKey),
      /carries or points to a key/,
    ]);
    for (const [name, change] of [
      ['crit', { crit: ['exp'] }],
      ['an empty crit', { crit: [] }],
      ['crit of b64', { crit: ['b64'], b64: false }],
      ['b64 alone', { b64: false }],
    ]) {
      table.push([name, signed({}, change), /extension/]);
    }
    const sandboxKeys = `${flavour.issuer}/jwks`;
    table.push(['a jku of the provider itself', signed({}, { jku: sandboxKeys }), /carries or points to a key/]);
    await refuseAll(table);
  });

  test('a kid is looked up and nothing else', async () => {
    const named = (kid) => token(header({ kid }), claims(), rsa.privateKey);
    const kids = ['', 'unknown', 'MINE', 'mine ', ' mine', 'mine\u0000', '../../mine', '/dev/null', 'https://evil.example/mine', "mine' OR '1'='1", '__proto__', 'mi\u200bne', 'x'.repeat(512), 'x'.repeat(8000)];
    await refuseAll(kids.map((kid) => [`kid ${JSON.stringify(kid.slice(0, 30))}`, named(kid), /key is not in/]));
    for (const kid of [7, null, ['mine'], { kid: 'mine' }, true]) {
      await assertRefused(`kid ${JSON.stringify(kid)}`, named(kid), /key is not in/);
    }
    await assertRefused('no kid, with a set of many', token(header({ kid: undefined }), claims(), rsa.privateKey), /key is not in/);
  });

  test('audience and issuer are exactly ours', async () => {
    const { issuer, audience } = flavour;
    const aud = (value) => signed({ aud: value });
    const iss = (value) => signed({ iss: value });
    await refuseAll([
      ...['other', '', ` ${audience}`, audience.toUpperCase(), `${audience}/`, `${audience},other`].map((it) => [`aud ${it}`, aud(it), /audience/]),
      ...(flavour.hasAudience ? [['no aud', aud(undefined), /audience/]] : []),
      ['aud null', aud(null), /audience/],
      ['no audiences', aud([]), /audience/],
      ['many audiences', aud(['a', 'b', 'c']), /audience/],
      ['audiences within audiences', aud([[audience]]), /audience/],
      ['aud an object', aud({ [audience]: true }), /audience/],
      ['iss with a slash', iss(`${issuer}/`), /issuer/],
      ['iss in another case', iss(issuer.replace('http', 'HTTP')), /issuer/],
      ['iss with a space', iss(`${issuer} `), /issuer/],
      ['another iss', iss('https://evil.example'), /issuer/],
      ['iss with ours in front', iss(`${issuer}.evil.example`), /issuer/],
      ['no iss', iss(undefined), /issuer/],
      ['iss null', iss(null), /issuer/],
      ['a list of issuers', iss([issuer]), /issuer/],
    ]);
  });

  test('times are checked, and absurd ones refused', async () => {
    const at = (change) => signed(change);
    const year = 365 * 86_400;
    await refuseAll([
      ['expired', at({ iat: now() - 700, exp: now() - 60 }), /expired/],
      ['expired long ago', at({ iat: 0, exp: 1 }), /expired/],
      ['no exp', at({ exp: undefined }), /no expiry/],
      ['not yet', at({ nbf: now() + 600 }), /not yet valid/],
      ['from the future', at({ iat: now() + 600, exp: now() + 900 }), /not yet valid/],
      ['for a year', at({ exp: now() + year }), /lifetime/],
      ['for a year, without saying since when', at({ iat: undefined, exp: now() + year }), /lifetime/],
      ['for a year, since a year', at({ iat: now() - year, exp: now() + 600 }), /lifetime/],
      ['exp as text', at({ exp: String(now() + 600) }), /well-formed/],
      ['exp null', at({ exp: null }), /expiry|well-formed/],
      ['exp a list', at({ exp: [now() + 600] }), /well-formed/],
      ['a negative exp', at({ exp: -1 }), /expired|well-formed/],
      ['iat as text', at({ iat: 'yesterday' }), /well-formed/],
      ['nbf as text', at({ nbf: 'tomorrow' }), /well-formed/],
    ]);
    const beyond = ['1e308', '1e999', '9223372036854775807', '9223372036854775808', '18446744073709551615', '253402300800', '1.5e300'];
    for (const claim of ['exp', 'iat', 'nbf']) {
      // Before all time is no time to be issued or to expire; to be valid from, it would do.
      for (const number of claim === 'nbf' ? beyond : [...beyond, '-1e308', '-9223372036854775808']) {
        const text = JSON.stringify(claims({ [claim]: '#' })).replace('"#"', number);
        await assertRefused(`${claim} ${number}`, token(header(), text, rsa.privateKey), /./);
      }
    }
  });

  test('a token for something else is not an access token', async () => {
    const { client_id: client } = stage.sandbox.providers[provider].entry;
    await refuseAll([
      // What only the plain provider gives to whoever asks without its own peculiarities.
      ...(provider === 'oidc' ? [['the ID token of a sign-in', await realIdToken(), /type|audience/]] : []),
      ['what an ID token holds', signed({ aud: client, nonce: 'n', at_hash: 'h' }), /type/],
      ['an ID token with our audience', signed({ nonce: 'n' }), /type/],
      ['an ID token without nonce', signed({ at_hash: 'h' }), /type/],
      ...['id_token+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt', 'JOSE', 'JWE', 'at+jwt+x', ''].map((typ) => [`typ ${typ}`, signed({}, { typ }), /type/]),
    ]);
    // Who it is for counts, whatever else it says of itself.
    await assertRefused('azp of another', signed({ aud: 'other', azp: flavour.audience }), /audience|party/);
  });

  /** The ID token the provider hands out when somebody signs in. */
  async function realIdToken() {
    const { idp } = stage.sandbox;
    const verifier = 'v'.repeat(43);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: idp.client_id,
      redirect_uri: 'http://localhost/back',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      scope: 'openid',
      user: 'alice',
    });
    const { location } = await new Browser().go(`${idp.issuer}/authorize?${query}`);
    const answer = await fetch(`${idp.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: new URL(location).searchParams.get('code'),
        redirect_uri: 'http://localhost/back',
        client_id: idp.client_id,
        client_secret: idp.client_secret,
        code_verifier: verifier,
      }),
    });
    return (await answer.json()).id_token;
  }

  test('a member twice is refused, wherever it is', async () => {
    const text = JSON.stringify(claims());
    const doubled = (member) => text.replace('{', `{${member},`);
    const inHeader = (member) => JSON.stringify(header()).replace('{', `{${member},`);
    const twice = /occurs twice/;
    await refuseAll([
      ['sub', token(header(), doubled(`"${flavour.subject}":"mallory"`), rsa.privateKey), twice],
      ['sub, written otherwise', token(header(), doubled('"s\\u0075b":"mallory"'), rsa.privateKey), twice],
      ['iss', token(header(), doubled('"iss":"other"'), rsa.privateKey), twice],
      ['exp', token(header(), doubled('"exp":9999999999'), rsa.privateKey), twice],
      ['alg', token(inHeader('"alg":"none"'), claims(), rsa.privateKey), twice],
      ['kid', token(inHeader('"kid":"other"'), claims(), rsa.privateKey), twice],
      ['nested', token(header(), doubled('"o":{"id":"a","id":"b"}'), rsa.privateKey), twice],
    ]);
  });

  test('malformed texts are refused, of any length', async () => {
    const good = signed();
    const [head, payload, signature] = good.split('.');
    const malformed = /well-formed|longer/;
    const raw = (text) => token(text, claims(), rsa.privateKey);
    const body = (text) => token(header(), text, rsa.privateKey);
    await refuseAll([
      ['one segment', 'abcdef', malformed],
      ['two segments', `${head}.${payload}`, malformed],
      ['four segments', `${good}.${signature}`, malformed],
      ['five segments', `${good}..`, malformed],
      ['dots', '..', malformed],
      ['an empty header', `.${payload}.${signature}`, malformed],
      ['an empty payload', `${head}..${signature}`, malformed],
      ['padding', `${head}=.${payload}.${signature}`, malformed],
      ['standard base64', `${head}.${payload}.${signature.replace(/[-_]/g, '+')}/`, malformed],
      ['bits left over', `${head}.${payload}.${signature.slice(0, -1)}${signature.endsWith('B') ? 'C' : 'B'}`, /well-formed|signature/],
      ['a byte order mark', raw(`\ufeff${JSON.stringify(header())}`), malformed],
      ['a NUL in the header', raw(`${JSON.stringify(header())}\u0000`), malformed],
      ['a NUL in the claims', body(`${JSON.stringify(claims())}\u0000`), malformed],
      ['two objects', body(`${JSON.stringify(claims())}{}`), malformed],
      ['a list', body('[]'), malformed],
      ['a text', body('"alice"'), malformed],
      ['not UTF-8', body(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), malformed],
      ['deep claims', body(`{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`), malformed],
      ['an encrypted token', `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`, malformed],
      ['17 kB', signed({ filling: 'x'.repeat(13_000) }), /longer/],
    ]);
    // The server in front of the Worker may have had enough of a header this long.
    const answer = await authorize(signed({ filling: 'x'.repeat(1024 * 1024) })).catch((error) => error);
    assert.ok(answer instanceof Error || (answer.status >= 400 && answer.status < 500), `1 MB: ${answer.status}`);
    for (const value of [`${head}\u0000.${payload}.${signature}`, `${good}\u0000`]) {
      assert.doesNotMatch(await rawHeader(`Bearer ${value}`), /^HTTP\/1\.1 (2|5)/);
    }
    for (const value of ['Bearer', 'Bearer ', `bearer  ${good} x`, `Basic ${good}`, good, `Bearer ${good}, Bearer ${good}`]) {
      const odd = await stage.ask('GET', '/api/workflows/onboarding-health/schedule', { headers: { authorization: value } });
      assert.ok([400, 401].includes(odd.status), `${value.slice(0, 20)}: ${odd.status}`);
      // Whoever brings something else is told what to bring.
      assert.match(odd.headers.get('www-authenticate'), /^Bearer realm="onbehalf"/);
      if (value.startsWith('Basic')) assert.equal(odd.status, 401);
    }
    assert.equal((await authorize(signed())).status, 200, 'the Worker is still there');
  });

  /** The first line of the answer to a header that HTTP clients refuse to send. */
  function rawHeader(value) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(stage.port, 'localhost', () => {
        socket.end(`GET /api/workflows/onboarding-health/schedule HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: ${value}\r\n\r\n`, 'latin1');
      });
      let text = '';
      socket.on('data', (chunk) => { text += chunk; });
      socket.on('error', reject);
      socket.on('close', () => resolve(text.split('\r\n')[0]));
    });
  }

  test('a subject that cannot be presented is refused', async () => {
    const subject = (sub) => [`sub ${JSON.stringify(sub)?.slice(0, 30)}`, signed({ subject: sub }), /subject/];
    await refuseAll([undefined, null, '', 7, true, ['alice'], { sub: 'alice' }, 'x'.repeat(10_240), 'ali\u0000ce', 'alice\n', '\u0007', 'alice\u0085', '\u007f'].map(subject));
  });

  test('a subject whose identifier would be longer than Scalekit takes is refused, and says so', async () => {
    const longest = 'x'.repeat(100 - 'user_'.length);
    assert.equal((await authorize(signed({ subject: longest }))).status, 200);
    const answer = await authorize(signed({ subject: `${longest}x` }));
    assert.equal(answer.status, 403);
    assert.match(answer.text, /more than 100 characters/);
  });

  test('a subject that looks like another’s is somebody else', async () => {
    const runId = await stage.trigger(alice, { approval: 'required' });
    const alikes = ['Alice', 'ALICE', 'alice ', ' alice', '\u0430lice', 'ａlice', 'alice\u200b', 'alic\u0065\u0301', 'user_alice', 'auth0|alice', 'alice|', 'alice/', '/alice', '../alice', 'x/../alice', 'alice%00', 'alice%20', 'alice:x', 'p:alice', 'alice,bob', 'alice\u2028', '\u202ealice', '__proto__', "alice' --", 'alice?x=1', 'alice#'];
    for (const alike of alikes) {
      const sub = alike.replaceAll('alice', alice);
      const bearer = signed({ subject: sub });
      const connections = await authorize(bearer, '/api/connections');
      assert.equal(connections.status, 200, `${JSON.stringify(sub)}: ${connections.text}`);
      for (const connection of connections.json.connections) {
        assert.notEqual(connection.status, 'active', `${JSON.stringify(sub)} has alice’s ${connection.connector}`);
      }
      assert.equal((await authorize(bearer, `${WORKFLOW}/runs/${runId}`)).status, 404, JSON.stringify(sub));
      assert.deepEqual((await authorize(bearer, `${WORKFLOW}/runs`)).json.runs, [], JSON.stringify(sub));
    }
    await stage.ask('DELETE', `${WORKFLOW}/runs/${runId}`, { as: alice });
  });

  test('the examples of RFC 7515 and RFC 7519 get nobody in, their keys being known or not', async () => {
    const joe = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
    await refuseAll([
      ['RFC 7515 A.1', `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${joe}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`, /algorithm/],
      ['RFC 7515 A.2', `eyJhbGciOiJSUzI1NiJ9.${joe}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`, /issuer/],
      ['RFC 7515 A.3', `eyJhbGciOiJFUzI1NiJ9.${joe}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`, /issuer/],
      ['RFC 7515 A.5, RFC 7519 section 6.1', `eyJhbGciOiJub25lIn0.${joe}.`, /algorithm/],
    ]);
  });
});
