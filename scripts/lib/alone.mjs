// One process at a time: whoever comes while another works waits for it. Owns the file that says who works;
// one that ended without removing it is not waited for.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';

import { isAlive } from './processes.mjs';

/** How often we look whether the other one is done: short beside what is worth waiting for. */
const LOOK_EVERY_MS = 200;

/** Does `work` while no other process does work under the same file, and answers what it answers. */
export async function alone(file, work) {
  while (!(await taken(file))) await after(LOOK_EVERY_MS);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function taken(file) {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  // Empty for the moment between being made and being written; gone once the other one is done.
  const holder = Number(await readFile(file, 'utf8').catch(() => ''));
  if (holder > 0 && !isAlive(holder)) await rm(file, { force: true });
  return false;
}
