// An issuer that is set up wrongly in whatever way a test likes.

import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';

/** A public key as an issuer publishes it. */
export function publicJwk(type, options, members = {}) {
  const { publicKey } = generateKeyPairSync(type, options);
  return { ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', ...members };
}

/** Begins one that is right at first: `metadata` and `keys` can be changed, `status` fails all. */
export async function oddIssuer() {
  const odd = { status: 200, keys: { keys: [publicJwk('rsa', { modulusLength: 2048 })] } };
  const server = http.createServer((request, response) => {
    const document = request.url === '/keys' ? odd.keys : odd.metadata;
    response.writeHead(odd.status, { 'content-type': 'application/json' });
    response.end(typeof document === 'string' ? document : JSON.stringify(document));
  });
  await new Promise((listening) => server.listen(0, 'localhost', listening));
  odd.issuer = `http://localhost:${server.address().port}`;
  odd.metadata = {
    issuer: odd.issuer,
    jwks_uri: `${odd.issuer}/keys`,
    authorization_endpoint: `${odd.issuer}/authorize`,
    token_endpoint: `${odd.issuer}/token`,
    id_token_signing_alg_values_supported: ['RS256'],
  };
  odd.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return odd;
}
