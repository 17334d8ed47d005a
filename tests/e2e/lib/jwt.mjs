// Tokens made by hand: real keys, and whatever header and claims an attacker would write.

import { constants, createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';

export const encode = (value) =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url');

/** A key pair, and its public half as a JWK with these members. */
export function keyPair(type, options, members) {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  return { privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), ...members } };
}

const signers = {
  RS256: (key, message) => sign('sha256', message, key),
  PS256: (key, message) =>
    sign('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  ES256: (key, message) => sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }),
  /** The same signature in the encoding JWS does not use. */
  DER: (key, message) => sign('sha256', message, key),
  ES384: (key, message) => sign('sha384', message, { key, dsaEncoding: 'ieee-p1363' }),
  EdDSA: (key, message) => sign(null, message, key),
  HS256: (secret, message) => createHmac('sha256', secret).update(message).digest(),
};

/** Signs exactly this text: header and claims may be objects, or the bytes themselves. */
export function token(header, claims, key, how = 'RS256') {
  const message = `${encode(header)}.${encode(claims)}`;
  return `${message}.${encode(signers[how](key, Buffer.from(message)))}`;
}

/** The public key as text, as an attacker takes it for a secret. */
export const pem = (key) => key.export({ type: 'spki', format: 'pem' });

/** What an RSA key of 2048 bits with an exponent of one would sign: the padded digest, as it is. */
export function forgedForExponentOne(header, claims) {
  const message = `${encode(header)}.${encode(claims)}`;
  const digest = createHash('sha256').update(message).digest();
  // EMSA-PKCS1-v1_5 (RFC 8017 section 9.2).
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
  const filling = Buffer.alloc(256 - 3 - info.length, 0xff);
  return `${message}.${encode(Buffer.concat([Buffer.from([0, 1]), filling, Buffer.from([0]), info]))}`;
}
