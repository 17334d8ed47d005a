// Asks a person at the terminal. What is secret is not shown while it is typed.

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { bold, dim, say, yellow } from '../say.mjs';
import { SETTINGS } from '../settings.mjs';
import { wrongWith } from './checks.mjs';

/** Asks for settings, one after another; what is left empty and need not be there is left out. */
export async function askFor(names, { required }) {
  const answers = {};
  for (const name of names) {
    const answer = await one(name, required);
    if (answer) answers[name] = answer;
  }
  return answers;
}

async function one(name, required) {
  const { question, form, kind } = SETTINGS[name];
  say(`\n${bold(question ?? name)} ${dim(required ? name : `${name}, or nothing to leave it out`)}`);
  say(dim(`  ${form}`));
  for (;;) {
    const answer = (await line(kind === 'secret')).trim();
    if (!answer && !required) return undefined;
    const wrong = answer ? wrongWith(name, answer) : 'it has to be there';
    if (!wrong) return answer;
    say(yellow(`  That cannot be used: ${wrong}.`));
  }
}

async function line(hidden) {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stdout.write('  > ');
  const terminal = createInterface({ input: process.stdin, output: hidden ? nowhere : process.stdout, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    if (hidden) process.stdout.write('\n');
  }
}
