// A server that answers nothing as it should: one kind of misbehaviour for each path.

import http from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const MEGABYTE = 1024 * 1024;

/** Twice what an isolate may have in memory, in a few KB. */
const ZEROS = Buffer.alloc(256 * MEGABYTE);
const GZIP_BOMB = gzipSync(ZEROS);
const BROTLI_BOMB = brotliCompressSync(ZEROS, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

const packed = (answer, encoding, bytes) =>
  answer.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding, 'content-length': bytes.length }).end(bytes);

/** Answers by kind; `own` is the address of this kind's own issuer. */
const KINDS = {
  html: (answer) => answer.setHeader('content-type', 'text/html').end('<html><body>Bad gateway</body></html>'),
  empty: (answer) => answer.end(),
  'not JSON': (answer) => answer.end('{"keys":'),
  'not UTF-8': (answer) => answer.end(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  list: (answer) => answer.end('[]'),
  null: (answer) => answer.end('null'),
  'wrong types': (answer) => answer.end('{"issuer":[],"jwks_uri":7,"keys":{"kid":7}}'),
  huge: (answer) => {
    // Until the other side has had enough; a sender this eager has to stop somewhere too.
    let sent = 0;
    const more = () => {
      while (sent < 64 * MEGABYTE && !answer.destroyed) {
        sent += MEGABYTE;
        if (!answer.write('x'.repeat(MEGABYTE))) return answer.once('drain', more);
      }
      return answer.end();
    };
    more();
  },
  'small until it is unpacked': (answer) => packed(answer, 'gzip', GZIP_BOMB),
  'small in the newer way': (answer) => packed(answer, 'br', BROTLI_BOMB),
  deep: (answer) => answer.end(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  drip: (answer) => {
    const dripping = setInterval(() => answer.write(' '), 400);
    answer.on('close', () => clearInterval(dripping));
  },
  silent: () => {},
  'half an answer': (answer) => {
    answer.setHeader('content-length', '1000');
    answer.write('{"keys":[');
    setTimeout(() => answer.destroy(), 50);
  },
  broken: (answer) => answer.destroy(),
  redirect: (answer, server) => answer.writeHead(302, { location: `${server}/elsewhere` }).end(),
  'redirect to itself': (answer, server, path) => answer.writeHead(307, { location: `${server}${path}` }).end(),
  'server error': (answer) => answer.writeHead(500).end('{"keys":[]}'),
  'not found': (answer) => answer.writeHead(404).end('{}'),
  'not modified': (answer) => answer.writeHead(304).end(),
  'no content': (answer) => answer.writeHead(204).end(),
  'another issuer': (answer, server) => json(answer, { issuer: `${server}/good`, jwks_uri: `${server}/good/jwks` }),
  'keys elsewhere in clear': (answer, server, path, own) => json(answer, { issuer: own, jwks_uri: 'http://evil.example/jwks' }),
  'keys in a file': (answer, server, path, own) => json(answer, { issuer: own, jwks_uri: 'file:///etc/passwd' }),
  'keys with credentials': (answer, server, path, own) => json(answer, { issuer: own, jwks_uri: 'https://user:password@evil.example/jwks' }),
};

const json = (answer, value) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(value));

/** As it stands in a path. */
const slug = (kind) => kind.replaceAll(' ', '-').toLowerCase();

export const kinds = Object.keys(KINDS);

/**
 * Starts it. `issuers` are addresses of issuers whose discovery misbehaves, `keySets` of issuers
 * whose discovery is right and whose key set misbehaves; both by kind. `elsewhere()` counts those
 * who followed a redirect.
 */
export async function hostile(goodKeys) {
  let followed = 0;
  const server = http.createServer((request, answer) => {
    const base = `http://localhost:${server.address().port}`;
    const [, role, name] = request.url.split('/');
    const own = `${base}/${role}/${name}`;
    if (request.url.startsWith('/elsewhere')) {
      followed += 1;
      return json(answer, { keys: goodKeys });
    }
    const isDiscovery = request.url.endsWith('/.well-known/openid-configuration');
    if (isDiscovery && role !== 'discovery') return json(answer, { issuer: own, jwks_uri: `${own}/jwks` });
    if (role === 'good') return json(answer, { keys: goodKeys });
    const kind = kinds.find((it) => slug(it) === name);
    return KINDS[kind](answer, base, request.url, own);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  const base = `http://localhost:${server.address().port}`;
  const addresses = (role) => Object.fromEntries(kinds.map((kind) => [kind, `${base}/${role}/${slug(kind)}`]));
  return {
    issuers: addresses('discovery'),
    keySets: addresses('keys'),
    good: `${base}/good/one`,
    elsewhere: () => followed,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
