// What a figure was taken on, without which it says nothing.

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

import { npmBin, root } from '../../scripts/lib/paths.mjs';

function first(command, args) {
  try {
    return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split('\n')[0];
  } catch {
    return 'unknown';
  }
}

/** The machine, the versions, the commit and how busy the machine is now. */
export function surroundings() {
  const [processor] = cpus();
  return {
    date: new Date().toISOString(),
    commit: first('git', ['rev-parse', '--short=12', 'HEAD']),
    machine: {
      processor: processor?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      system: `${type()} ${release()}`,
    },
    // Over one, five and fifteen minutes; above the number of cores, figures of time are inflated.
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    versions: {
      workerd: first(npmBin('workerd'), ['--version']),
      node: process.version,
      rustc: first('rustc', ['--version']),
    },
  };
}
