// Which stacks are up on this machine: each leaves a small file while it is. Owns that a stack that
// died without a word is not taken for one that is up.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { state } from './paths.mjs';
import { isAlive } from './processes.mjs';

/** One place, whatever folder a stack keeps its own state in: others have to find it. */
const FOLDER = join(state, 'stacks');

/** Tells the others that this process has a stack up, until it ends. */
export function announce(stack, folder = FOLDER) {
  const path = join(folder, `${process.pid}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify({ pid: process.pid, ...stack })}\n`);
  process.once('exit', () => rmSync(path, { force: true }));
}

/** The stacks that are up, oldest process first. */
export async function stacks(folder = FOLDER) {
  const names = await readdir(folder).catch(() => []);
  const found = [];
  for (const name of names) {
    const path = join(folder, name);
    const stack = await readFile(path, 'utf8').then(JSON.parse).catch(() => undefined);
    if (stack && isAlive(stack.pid)) found.push(stack);
    else rmSync(path, { force: true });
  }
  return found.sort((a, b) => a.pid - b.pid);
}
