// `npm run fuzz`: the targets of crates/fuzz-targets under libFuzzer, guided by coverage. `-- --seconds 600`
// for each target, `-- --target token` for one. What it found out is kept in .state/fuzz and gone
// on from.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { count, flags } from './lib/flags.mjs';
import { inRoot } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { Failure, bold, main, say, table } from './lib/say.mjs';

/** Edge counters and comparisons for libFuzzer, by LLVM's pass: stable Rust has the flags. */
const COVERAGE = [
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '--cfg=fuzzing',
  '-Ccodegen-units=1',
];

await main(async () => {
  const { values } = flags('npm run fuzz', {
    about: 'Runs everything that reads bytes from outside under libFuzzer, guided by coverage. What it found out is kept in .state/fuzz and gone on from.',
    options: {
      seconds: { value: 'N', help: 'for each target', default: '60' },
      target: { value: 'NAME', help: 'one target alone' },
    },
  });
  const seconds = count(values.seconds, '--seconds');
  const list = await readFile(inRoot('crates', 'fuzz-targets', 'src', 'lib.rs'), 'utf8');
  const all = [...list.matchAll(/^ {8}name: "(\w+)"/gm)].map((match) => match[1]);
  if (values.target && !all.includes(values.target)) throw new Failure(`The targets are ${all.join(', ')}.`);
  const folder = inRoot('.state', 'fuzz');
  const target = join(folder, 'target');
  await mkdir(target, { recursive: true });
  say(bold('Building the fuzzer'));
  const triple = (await run('rustc', ['-vV'], { quiet: true })).match(/^host: (.*)$/m)[1];
  await run(
    'cargo',
    // A named target keeps the flags from build scripts and procedural macros.
    ['build', '--release', '--locked', '--target', triple, '--manifest-path', inRoot('fuzz', 'Cargo.toml')],
    { env: { CARGO_TARGET_DIR: target, RUSTFLAGS: COVERAGE.join(' ') }, what: 'Building the fuzzer' },
  );
  const rows = [];
  for (const name of values.target ? [values.target] : all) {
    say(bold(`\n${name}: ${seconds} s`));
    const corpus = join(folder, name);
    await mkdir(corpus, { recursive: true });
    const said = await run(
      join(target, triple, 'release', 'fuzz'),
      [corpus, `-max_total_time=${seconds}`, '-max_len=4096', '-timeout=10', '-print_final_stats=1', `-artifact_prefix=${folder}/${name}-crash-`],
      { quiet: true, cwd: folder, env: { ONBEHALF_TARGET: name, ONBEHALF_SEEDS: corpus }, what: `The target ${name}` },
    );
    const stat = (key) => said.match(new RegExp(`stat::${key}:\\s+(\\d+)`))?.[1] ?? '?';
    const covered = [...said.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '?';
    rows.push([name, stat('number_of_executed_units'), stat('average_exec_per_sec'), covered]);
    say(`${rows.at(-1)[1]} inputs, nothing found`);
  }
  say();
  for (const line of table(['target', 'inputs', 'a second', 'edges'], rows)) say(line);
});
