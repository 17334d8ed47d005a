// A person at the terminal. What is secret is not shown while it is typed.

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { Failure } from '../say.mjs';

const PROMPT = '  > ';
/** What a shell says of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** One line as it was typed. Ctrl-C ends the script, Ctrl-D the questions. */
export async function line({ hidden = false } = {}) {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const closed = new AbortController();
  const terminal = createInterface({ input: process.stdin, output: hidden ? nowhere : process.stdout, terminal: true });
  terminal.once('SIGINT', () => process.exit(INTERRUPTED));
  terminal.once('close', () => closed.abort());
  if (hidden) process.stdout.write(PROMPT);
  try {
    return await terminal.question(hidden ? '' : PROMPT, { signal: closed.signal });
  } catch {
    throw new Failure('Ended before everything was answered; nothing was done.');
  } finally {
    terminal.close();
    if (hidden) process.stdout.write('\n');
  }
}
