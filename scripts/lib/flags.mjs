// Command-line flags, strictly: an unknown one is a mistake, not a wish.

import { parseArgs } from 'node:util';

import { Failure } from './say.mjs';

export const DEFAULT_PORT = 8787;
export const DEFAULT_SANDBOX_PORT = 8788;

/** Reads flags; a mistake becomes one sentence. */
export function flags(options, { positionals = false, usage }) {
  try {
    return parseArgs({ options, allowPositionals: positionals, strict: true });
  } catch (error) {
    throw new Failure(`${error.message.split('\n')[0].replace(/\.$/, '')}. Usage: ${usage}`);
  }
}

/** A port number. */
export function port(text, fallback, flag) {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    throw new Failure(`${flag} takes a port from 1 to 65535, not "${text}".`);
  }
  return number;
}
