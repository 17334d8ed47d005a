// Doors to the measured objects (bench/rust/objects): an order to one by name, and the bare
// WebCrypto verification that the product's is compared with.

export * from './index.js';

const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

/** `crypto.subtle.verify` over tokens that were taken apart beforehand, and nothing else. */
async function bareVerify({ jwk, tokens, rounds }) {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
  const parts = tokens.map((token) => {
    const dot = token.lastIndexOf('.');
    return { signed: new TextEncoder().encode(token.slice(0, dot)), signature: bytes(token.slice(dot + 1)) };
  });
  let good = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const { signed, signature } of parts) {
      if (await crypto.subtle.verify(algorithm, key, signature, signed)) good += 1;
    }
  }
  return { good };
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method !== 'POST') return Response.json({ status: 'ok' });
    if (pathname === '/bare-verify') return Response.json(await bareVerify(await request.json()));
    const object = env.BENCH.get(env.BENCH.idFromName(searchParams.get('name')));
    return object.fetch('http://object/', { method: 'POST', body: request.body });
  },
};
