// `npm run audit`: licences, sources and known vulnerabilities of what the project depends on.

import { flags } from './lib/flags.mjs';
import { root, tool } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { bold, main, say, yellow } from './lib/say.mjs';
import { cargoTool } from './lib/setup.mjs';

const CARGO_DENY = '0.20.2';

await main(async () => {
  flags('npm run audit', { about: 'Checks licences, sources and known vulnerabilities of what the project depends on.' });
  await cargoTool('cargo-deny', CARGO_DENY, { arguments: ['--debug'] });
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
