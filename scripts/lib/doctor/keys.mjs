// Which of an issuer's keys the Worker can use: the same rules as crates/identity/src/key.rs, and
// whether the key can be imported at all.

import { createPublicKey } from 'node:crypto';

/** The signature algorithms that the Worker takes, by kind of key. */
const ALGORITHMS = { RSA: ['RS256', 'PS256'], EC: ['ES256'], OKP: ['EdDSA', 'Ed25519'] };
export const ACCEPTED = Object.values(ALGORITHMS).flat();
const CURVES = { EC: 'P-256', OKP: 'Ed25519' };
const RSA_BITS = [2048, 8192];

/** What a key is used with, or in words why it cannot be: `{algorithm}` or `{because}`. */
export function judge(jwk) {
  const algorithms = ALGORITHMS[jwk?.kty];
  if (!algorithms) return { because: 'it is of a kind that is not used here' };
  if ((jwk.use !== undefined && jwk.use !== 'sig') || (jwk.key_ops !== undefined && !jwk.key_ops.includes?.('verify'))) {
    return { because: 'it is not for signatures' };
  }
  if (CURVES[jwk.kty] && jwk.crv !== CURVES[jwk.kty]) return { because: `its curve is not ${CURVES[jwk.kty]}` };
  const algorithm = jwk.alg ?? algorithms[0];
  if (!algorithms.includes(algorithm)) return { because: `its algorithm is not ${algorithms.join(' or ')}` };
  let key;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return { because: 'it cannot be imported' };
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (jwk.kty === 'RSA' && (bits < RSA_BITS[0] || bits > RSA_BITS[1])) {
    return { because: `its ${bits} bits are not from ${RSA_BITS[0]} to ${RSA_BITS[1]}` };
  }
  return { algorithm };
}
