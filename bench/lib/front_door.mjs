// What Cloudflare puts in front of a Worker, as far as a browser feels it: HTTP/2 over TLS, gzip, and files
// that are good for ever answered without asking. `wrangler dev` speaks HTTP/1.1, over which a page of ten
// files waits for its own requests.

import { request } from 'node:http';
import { createSecureServer } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

/** What is of one connection, and so not passed on; HTTP/2 does not know it (RFC 9113 section 8.2.2). */
const OF_A_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host', 'http2-settings']);
const TEXT = /text|json|javascript|svg/;
/** Shorter than this, packing makes it longer. */
const WORTH_PACKING = 200;

/** Opens it before the Worker at `target`; answers how to close it. */
export async function openDoor({ port, target, key, cert }) {
  const { host, hostname, port: behind } = new URL(target);
  const kept = new Map();
  const server = createSecureServer({ key, cert }, (asked, answer) => {
    const known = asked.method === 'GET' ? kept.get(asked.url) : undefined;
    if (known) {
      answer.writeHead(200, known.headers);
      answer.end(known.body);
      return;
    }
    const headers = { ...endToEnd(asked.headers), host };
    const onward = request({ hostname, port: behind, path: asked.url, method: asked.method, headers }, async (given) => {
      const body = await buffer(given).catch(() => undefined);
      if (!body) return answer.stream?.destroy();
      const found = packed(endToEnd(given.headers), body);
      if (given.statusCode === 200 && /immutable/.test(found.headers['cache-control'])) kept.set(asked.url, found);
      answer.writeHead(given.statusCode, found.headers);
      answer.end(found.body);
    });
    onward.on('error', () => answer.stream?.destroy());
    asked.pipe(onward);
  });
  await new Promise((listening) => server.listen(port, 'localhost', listening));
  return () => server.close();
}

function endToEnd(headers) {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(':') && !OF_A_CONNECTION.has(name) && name !== 'accept-encoding'),
  );
}

function packed(headers, body) {
  if (!TEXT.test(headers['content-type'] ?? '') || body.length < WORTH_PACKING) return { headers, body };
  const smaller = gzipSync(body);
  return { headers: { ...headers, 'content-encoding': 'gzip', 'content-length': String(smaller.length) }, body: smaller };
}
