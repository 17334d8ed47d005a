// What a process has cost so far, from /proc; undefined where there is no /proc.

import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second for every program (USER_HZ). */
const TICK_MS = 10;

/** Processor time of a process in milliseconds, user and system. */
export function cpuMs(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; what follows it does not.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid) {
  try {
    const [, kilobytes] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m);
    return Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Open files of a process, and how many it may have; undefined where there is no /proc. */
export function openFiles(pid) {
  try {
    const [, most] = readFileSync(`/proc/${pid}/limits`, 'utf8').match(/^Max open files\s+(\d+)/m);
    return { open: readdirSync(`/proc/${pid}/fd`).length, most: Number(most) };
  } catch {
    return undefined;
  }
}
