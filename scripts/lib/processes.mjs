// Child processes: run to the end, or kept until the script ends. Owns that nothing outlives us.

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import net from 'node:net';

import { follow } from './progress.mjs';
import { Failure } from './say.mjs';

const kept = new Set();

/**
 * Runs a command to its end. `quiet` shows its output only when it fails, and of what has a name
 * and takes long, its latest line.
 */
export function run(command, args, { cwd, env, quiet = false, what } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    const output = [];
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
    child.on('exit', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(output).toString());
      if (quiet) process.stderr.write(Buffer.concat(output));
      reject(new Failure(`${what ?? command} failed (${signal ?? `exit code ${code}`}).`));
    });
  });
}

/** Starts a process in a group of its own, output into a file, ended with the script. */
export function keep(command, args, { cwd, env, log, pipeStdout = false } = {}) {
  const file = log ? openSync(log, 'w') : 'ignore';
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    // The child writes its log itself: copying it here would cost as much as some answers.
    stdio: ['ignore', pipeStdout ? 'pipe' : file, file],
    detached: true,
  });
  if (log) closeSync(file);
  kept.add(child);
  child.once('exit', () => kept.delete(child));
  return child;
}

/** Ends a process and everything it began. */
export async function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  signalGroup(child, signal);
  const patience = setTimeout(() => signalGroup(child, 'SIGKILL'), 3000);
  await ended;
  clearTimeout(patience);
  // The leader is gone; whatever is left of its group goes too.
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Ends all kept processes. */
export async function endAll() {
  await Promise.all([...kept].map((child) => end(child)));
}

/** On Ctrl-C and on termination: end every process, then exit. */
export function endOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, async () => {
      await endAll();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
  process.once('exit', () => {
    for (const child of kept) signalGroup(child, 'SIGKILL');
  });
}

/** Fails with one sentence when a port is taken. */
export async function assertFree(port, flag) {
  for (const host of ['127.0.0.1', '::1']) {
    await new Promise((resolve, reject) => {
      const probe = net.createServer();
      probe.once('error', (error) => {
        if (error.code === 'EADDRINUSE') {
          reject(new Failure(`Port ${port} is in use; choose another with ${flag}.`));
        } else if (error.code === 'EACCES') {
          reject(new Failure(`Port ${port} may not be used; choose another with ${flag}.`));
        } else {
          // No such address family on this machine.
          resolve();
        }
      });
      probe.listen({ port, host, exclusive: true }, () => probe.close(resolve));
    });
  }
}

/** A port nobody uses now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
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
  });
}

/** Asks a URL until it answers 200; fails when the process ends or time runs out. */
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
          throw new Failure(`${what} is not healthy: ${problem}`);
        }
      }
    } catch (error) {
      if (error instanceof Failure) throw error;
    }
    if (Date.now() > until) throw new Failure(`${what} was not ready within ${seconds} s.`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
