// `npm run new -- tool NAME` and `npm run new -- workflow NAME`: the files of a new one, its line in
// the table, a test, and for a tool a fixed answer in the sandbox. What it writes compiles and
// passes; what the new one is for is yours to write.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { flags } from './lib/flags.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { Failure, bold, dim, main, say } from './lib/say.mjs';
import { toolChanges } from './lib/new/tool.mjs';
import { workflowChanges } from './lib/new/workflow.mjs';

const KINDS = { tool: toolChanges, workflow: workflowChanges };
/** It stands in paths, journals and object storage for good. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

await main(async () => {
  const { values, operands } = flags('npm run new', {
    about:
      'Writes a new tool or workflow: its files, its line in the table, a test, and for a tool a fixed answer in the sandbox. ' +
      'KIND is tool or workflow; NAME is lower-case words joined by hyphens, for a tool the connector first.',
    operands: ['KIND', 'NAME'],
    options: {
      calls: { value: 'TOOL', help: "a tool's name in Scalekit's catalogue, unless it is NAME with underscores" },
      writes: { help: 'the tool changes something in the app' },
    },
  });
  const [kind, name] = operands;
  const changes = KINDS[kind];
  if (!changes) throw new Failure(`There is no ${kind} to be made; there are ${Object.keys(KINDS).join(' and ')}.`);
  if (!NAME.test(name)) throw new Failure(`${name} is no name: lower-case words, joined by hyphens.`);

  const { files, edits, packages, next } = changes(name, { calls: values.calls, writes: values.writes });
  const there = Object.keys(files).find((path) => existsSync(inRoot(path)));
  if (there) throw new Failure(`${there} is there already.`);
  // All of it is worked out before any of it is written.
  const edited = Object.entries(edits).map(([path, edit]) => [path, edit(readFileSync(inRoot(path), 'utf8'), path)]);
  for (const [path, text] of [...Object.entries(files), ...edited]) {
    mkdirSync(dirname(inRoot(path)), { recursive: true });
    writeFileSync(inRoot(path), text);
    say(`  ${path}`);
  }
  const formatted = spawnSync('cargo', ['fmt', ...packages.flatMap((it) => ['-p', it])], { cwd: root, encoding: 'utf8' });
  if (formatted.status !== 0) throw new Failure(`cargo fmt: ${formatted.stderr}`);
  say(`\n${bold('Next')} ${dim(next)}`);
});
