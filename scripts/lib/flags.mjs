// Command-line flags, strictly: an unknown one is a mistake, not a wish. Every script describes its
// flags here once; `--help` prints that and does nothing else.

import { parseArgs } from 'node:util';

import { Failure } from './say.mjs';

export const DEFAULT_PORT = 8787;
export const DEFAULT_SANDBOX_PORT = 8788;

/** Help stays readable in a terminal of this width. */
const COLUMNS = 80;
const HELP = { help: 'show this and end' };

/**
 * Reads the flags of a script. `options` maps a flag's name to `help`, and, when it takes a value,
 * `value` (how help calls it) and perhaps `default`. `operands` are the names of what comes without
 * a flag; each is required. A mistake becomes one sentence.
 */
export function flags(command, { about, options = {}, operands = [] }) {
  const all = { ...options, help: HELP };
  const parsed = parse(command, all, operands.length > 0);
  if (parsed.values.help) {
    process.stdout.write(help(command, about, all, operands));
    process.exit(0);
  }
  if (parsed.positionals.length !== operands.length) {
    throw new Failure(`Usage: ${usage(command, all, operands)}`);
  }
  return { values: parsed.values, operands: parsed.positionals };
}

function parse(command, options, allowPositionals) {
  const described = Object.entries(options).map(([name, option]) => [
    name,
    {
      type: option.value ? 'string' : 'boolean',
      ...(option.default === undefined ? {} : { default: option.default }),
    },
  ]);
  try {
    return parseArgs({ options: Object.fromEntries(described), allowPositionals, strict: true });
  } catch (error) {
    throw new Failure(`${error.message.split('\n')[0].replace(/\.$/, '')}. ${command} -- --help shows what there is.`);
  }
}

function usage(command, options, operands) {
  const flag = Object.keys(options).length > 1 ? ['[flags]'] : [];
  return [command, ...(operands.length + flag.length > 0 ? ['--'] : []), ...operands, ...flag].join(' ');
}

/** What `--help` prints: the usage, what the script is for, and a line or more for each flag. */
export function help(command, about, options, operands) {
  const rows = Object.entries(options).map(([name, option]) => [
    `--${name}${option.value ? ` ${option.value}` : ''}`,
    option.default === undefined ? option.help : `${option.help} (default ${option.default})`,
  ]);
  const indent = Math.max(...rows.map(([flag]) => flag.length)) + 4;
  const lines = rows.map(([flag, text]) => `  ${flag}`.padEnd(indent) + wrap(text, indent));
  return `Usage: ${usage(command, options, operands)}\n\n${wrap(about, 0)}\n\n${lines.join('\n')}\n`;
}

/** Breaks text between words; lines after the first are indented. */
function wrap(text, indent) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (longer.length + indent <= COLUMNS || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
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

/** A whole number of something, at least `least`. */
export function count(text, flag, least = 1) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) {
    throw new Failure(`${flag} takes a whole number from ${least}, not "${text}".`);
  }
  return number;
}
