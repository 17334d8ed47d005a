// Child processes: run to the end, or kept until the script ends. Owns that nothing outlives us:
// each child leads a group of its own, and every group ends with this process, however it is ended.

import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import net from 'node:net';

import { follow } from './progress.mjs';
import { Failure } from './say.mjs';

/** How long a process may take to end when asked. */
const PATIENCE_MS = 3_000;
/** Until a process that is to stand still does. */
const STANDS_STILL_MS = 50;
/** How often we look whether whoever started us is still there. */
const PARENT_EVERY_MS = 500;

const kept = new Set();
/** Children that were ended from here: what they say of it is of no interest. */
const ended = new WeakSet();
let guarded = false;

/**
 * Runs a command to its end. `quiet` collects its output, answers it, and shows it only when the
 * command fails; of what has a name and takes long, its latest line is shown meanwhile. `signal` ends it.
 */
export function run(command, args, { cwd, env, quiet = false, what, signal } = {}) {
  return new Promise((resolve, reject) => {
    const child = begin(command, args, { cwd, env }, quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit']);
    const output = [];
    const stop = () => end(child);
    signal?.addEventListener('abort', stop, { once: true });
    if (quiet) {
      child.stdout.on('data', (chunk) => output.push(chunk));
      child.stderr.on('data', (chunk) => output.push(chunk));
      if (what) follow(child, what);
    }
    child.on('error', (error) =>
      reject(
        new Failure(
          error.code === 'ENOENT'
            ? `${command} was not found; install it and try again.`
            : `${command} could not be started: ${error.message}.`,
        ),
      ),
    );
    child.on('close', (code, killedBy) => {
      signal?.removeEventListener('abort', stop);
      if (code === 0) return resolve(Buffer.concat(output).toString());
      if (quiet && !ended.has(child)) process.stderr.write(Buffer.concat(output));
      reject(new Failure(`${what ?? command} failed (${killedBy ?? `exit code ${code}`}).`));
    });
    if (signal?.aborted) stop();
  });
}

/**
 * Runs a command to its end, however it ends, and shows nothing of it: answers `{code, out, err}`.
 * `input` goes to its standard input, where neither a list of processes nor a file shows it.
 */
export function capture(command, args, { cwd, env, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = begin(command, args, { cwd, env }, [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']);
    const [out, err] = [[], []];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', () => reject(new Failure(`${command} could not be started.`)));
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }));
    if (input !== undefined) {
      child.stdin.on('error', () => undefined); // it ended without reading: its exit code says so
      child.stdin.end(input);
    }
  });
}

/** Starts a process that stays until the script ends; its output goes into a file, or is ours. With `ipc`
 *  it is another Node's, and takes messages. */
export function keep(command, args, { cwd, env, log, append = false, pipeStdout = false, inherit = false, ipc = false } = {}) {
  const file = log ? openSync(log, append ? 'a' : 'w') : inherit ? 'inherit' : 'ignore';
  // The child writes its log itself: copying it here would cost as much as some answers.
  const child = begin(command, args, { cwd, env }, ['ignore', pipeStdout ? 'pipe' : file, file, ...(ipc ? ['ipc'] : [])]);
  if (log) closeSync(file);
  return child;
}

/** Starts a child in a group of its own, so that it can be ended with all that it starts. */
function begin(command, args, { cwd, env }, stdio) {
  guard();
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: true });
  kept.add(child);
  child.once('exit', () => kept.delete(child));
  child.once('error', () => kept.delete(child));
  return child;
}

/** Ends a process and everything it began. */
export async function end(child, signal = 'SIGTERM') {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  ended.add(child);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  signalGroup(child, signal);
  const patience = setTimeout(() => signalGroup(child, 'SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(patience);
  // The leader is gone; whatever is left of its group goes too.
  signalGroup(child, 'SIGKILL');
}

/** Does something while a child and all that it has started stand still; they go on where they were. */
export async function held(child, work) {
  signalGroup(child, 'SIGSTOP');
  try {
    // Whatever they have asked of the system just now comes to its end first.
    await new Promise((resolve) => setTimeout(resolve, STANDS_STILL_MS));
    return await work();
  } finally {
    signalGroup(child, 'SIGCONT');
  }
}

function signalGroup(child, signal) {
  if (child.pid === undefined) return; // it never started
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Ends all children. */
export async function endAll() {
  await Promise.all([...kept].map((child) => end(child)));
}

/** From the first child on: on Ctrl-C, on termination, when the terminal closes and when whoever
 *  started us is gone, everything ends. */
function guard() {
  if (guarded) return;
  guarded = true;
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  for (const [signal, code] of Object.entries(codes)) process.on(signal, () => leave(code));
  // An npm that is killed tells nobody. Between it and us there may be a shell, which stays.
  const parent = process.ppid;
  const above = process.env.npm_lifecycle_event ? parentOf(parent) : undefined;
  setInterval(() => {
    if (process.ppid !== parent || (above && !isAlive(above))) leave(codes.SIGHUP);
  }, PARENT_EVERY_MS).unref();
  process.once('exit', () => {
    for (const child of kept) signalGroup(child, 'SIGKILL');
  });
}

function parentOf(pid) {
  try {
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' })) || undefined;
  } catch {
    return undefined; // no ps here: the parent itself has to do
  }
}

/** Whether there is a process of this id. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // somebody else's, but there
  }
}

let leaving = false;
async function leave(code) {
  if (leaving) return;
  leaving = true;
  await endAll();
  process.exit(code);
}

/** Fails with one sentence when a port is taken. */
export async function assertFree(port, flag) {
  const code = await taken(port);
  if (code === 'EADDRINUSE') throw new Failure(`Port ${port} is in use; choose another with ${flag}.`);
  if (code) throw new Failure(`Port ${port} may not be used; choose another with ${flag}.`);
}

/** Why nothing can listen at a port, if so. */
async function taken(port) {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await new Promise((resolve) => {
      const probe = net.createServer();
      probe.once('error', (error) => resolve(error.code));
      probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve()));
    });
    // Any other: no such address family on this machine.
    if (code === 'EADDRINUSE' || code === 'EACCES') return code;
  }
  return undefined;
}

/** No system gives one of these to a connection that is made: Linux begins at 32768, others at 49152. So one that
 *  is free stays so until its server begins, unless another has drawn the same. */
const PORTS = [20_000, 32_000];
/** A machine on which so many of them are taken is no place for a server. */
const DRAWS = 20;

/** A port nobody uses now. */
export async function freePort() {
  for (let draw = 1; draw <= DRAWS; draw += 1) {
    const port = randomInt(...PORTS);
    if (!(await taken(port))) return port;
  }
  throw new Failure(`No port is free between ${PORTS.join(' and ')}.`);
}

/** The first line a process prints on standard output. */
export function firstLine(child, what) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('exit', (code) => reject(new Failure(`${what} ended at once (exit code ${code}).`)));
    child.once('error', (error) => reject(new Failure(`${what} could not be started: ${error.message}.`)));
  });
}

/** What answers that it cannot work, and why. */
export class Unhealthy extends Failure {}

/** Asks a URL until it answers 200; fails when the process ends or time runs out, and with `Unhealthy` when
 *  the answer stays 503. */
export async function healthy(url, child, what, seconds = 90) {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    if (child.exitCode !== null) {
      throw new Failure(`${what} ended before it was ready (exit code ${child.exitCode}).`);
    }
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
      if (answer.ok) return answer;
      if (answer.status === 503) {
        const problem = await answer.text();
        if (Date.now() > until - (seconds - 20) * 1000) {
          throw new Unhealthy(`${what} is not healthy: ${problem}`);
        }
      }
    } catch (error) {
      if (error instanceof Failure) throw error;
    }
    if (Date.now() > until) throw new Failure(`${what} was not ready within ${seconds} s.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
