// `npm run audit`: licences, sources and known vulnerabilities of what the project depends on.

import { existsSync } from 'node:fs';

import { root, tool, tools } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { bold, main, say, yellow } from './lib/say.mjs';

const CARGO_DENY = '0.20.2';

await main(async () => {
  const installed = existsSync(tool('cargo-deny'))
    ? await run(tool('cargo-deny'), ['--version'], { quiet: true })
    : '';
  if (!installed.includes(CARGO_DENY)) {
    say(`Building cargo-deny ${CARGO_DENY} (once, some minutes) …`);
    await run('cargo', ['install', 'cargo-deny', '--version', CARGO_DENY, '--locked', '--root', tools], {
      cwd: root,
      quiet: true,
      what: 'Installing cargo-deny',
      env: { CARGO_TARGET_DIR: `${tools}/target` },
    });
  }
  say(bold('Licences, bans, sources'));
  await run(tool('cargo-deny'), ['--locked', 'check', 'licenses', 'bans', 'sources'], { cwd: root });
  say(bold('Known vulnerabilities'));
  // The advisories live in a repository of their own. Where it cannot be reached, that is said and
  // nothing is claimed; where it can, a finding fails.
  const fetched = await run(tool('cargo-deny'), ['--locked', 'fetch', 'db'], { cwd: root, quiet: true }).then(
    () => true,
    () => false,
  );
  if (fetched) {
    await run(tool('cargo-deny'), ['--locked', 'check', 'advisories'], { cwd: root });
  } else {
    say(yellow('The advisory database cannot be reached from here: not checked.'));
  }
});
