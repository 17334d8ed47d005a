// Where Durable Objects are kept while measuring.
//
// By default in memory, where there is a file system in memory: the fsync of a virtual disk takes
// milliseconds that depend on its neighbours and say nothing of Cloudflare, whose storage confirms
// a write from several machines. What a disk adds is measured beside it and named.

import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { median, rounded } from './numbers.mjs';

const IN_MEMORY = '/dev/shm';
const SYNCS = 40;
const PAGE = Buffer.alloc(4096);

/** Two folders for one measurement: in memory where possible, and on the disk. */
export async function folders() {
  const disk = await mkdtemp(join(tmpdir(), 'onbehalf-bench-'));
  const memory = existsSync(IN_MEMORY) ? await mkdtemp(join(IN_MEMORY, 'onbehalf-bench-')) : disk;
  const remove = () => Promise.all([disk, memory].map((path) => rm(path, { recursive: true, force: true })));
  return { memory, disk, remove };
}

/** What one fsync of a page costs in a folder: the median in milliseconds. */
export async function syncMs(folder) {
  const file = await open(join(folder, 'sync-probe'), 'w');
  const took = [];
  for (let sync = 0; sync < SYNCS; sync += 1) {
    await file.write(PAGE);
    const began = performance.now();
    await file.datasync();
    took.push(performance.now() - began);
  }
  await file.close();
  return rounded(median(took));
}
