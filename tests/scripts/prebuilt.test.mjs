// A prebuilt wasm-bindgen is taken when it is the right one; anything else leaves no trace.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { downloaded } from '../../scripts/lib/prebuilt.mjs';

let scratch;
let server;
let from;
/** What the releases page answers for each path. */
const releases = new Map();

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'onbehalf-prebuilt-'));
  server = http.createServer((request, response) => {
    const [, version, archive] = request.url.split('/');
    const says = releases.get(version);
    if (!says) return response.writeHead(404).end();
    response.end(archiveOf(archive.replace('.tar.gz', ''), says));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  from = `http://127.0.0.1:${server.address().port}`;
});

after(async () => {
  server.close();
  server.closeAllConnections();
  await rm(scratch, { recursive: true, force: true });
});

/** An archive as the releases have it, with a program that calls itself `says`. */
function archiveOf(name, says) {
  const script = `mkdir -p "$1" && printf '#!/bin/sh\\necho wasm-bindgen %s\\n' "$2" > "$1/wasm-bindgen" && tar -czf - "$1"`;
  return execFileSync('sh', ['-c', script, 'sh', name, says], { cwd: scratch });
}

async function folder() {
  const path = await mkdtemp(join(scratch, 'bin-'));
  await mkdir(path, { recursive: true });
  return path;
}

test('the version that was asked for is put in place', async () => {
  releases.set('1.2.3', '1.2.3');
  const bin = await folder();
  assert.equal(await downloaded('1.2.3', { from, folder: bin }), true);
  assert.deepEqual(await readdir(bin), ['wasm-bindgen']);
  assert.equal(execFileSync(join(bin, 'wasm-bindgen'), ['--version'], { encoding: 'utf8' }), 'wasm-bindgen 1.2.3\n');
});

test('another version is not, and what was there stays', async () => {
  releases.set('1.2.4', '9.9.9');
  const bin = await folder();
  await writeFile(join(bin, 'wasm-bindgen'), 'as before');
  assert.equal(await downloaded('1.2.4', { from, folder: bin }), false);
  assert.deepEqual(await readdir(bin), ['wasm-bindgen']);
  assert.equal(await readFile(join(bin, 'wasm-bindgen'), 'utf8'), 'as before');
});

test('no such release and no network are answered no', async () => {
  const bin = await folder();
  assert.equal(await downloaded('0.0.0', { from, folder: bin }), false);
  assert.equal(await downloaded('1.2.3', { from: 'http://127.0.0.1:1', folder: bin }), false);
  assert.deepEqual(await readdir(bin), []);
});
