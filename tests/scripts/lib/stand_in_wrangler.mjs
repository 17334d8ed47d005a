// A wrangler that writes down what it is told, and remembers which secrets there are. What the real
// one then does needs an account, and is seen nowhere here.

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const STAND_IN = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const folder = __dirname;
const args = process.argv.slice(2);
const input = args[1] === 'bulk' ? readFileSync(0, 'utf8') : '';
const environment = Object.entries(process.env).filter(([name]) => name !== 'ONBEHALF_TEST_FAIL');
appendFileSync(folder + '/calls', JSON.stringify({ args, input, environment }) + '\\n');
const fail = process.env.ONBEHALF_TEST_FAIL || 'nothing';
if (fail === args.slice(0, fail.split(' ').length).join(' ')) { console.error('✘ [ERROR] it went wrong with ' + input); process.exit(1); }
const kept = folder + '/secrets';
if (args[0] === 'secret' && args[1] === 'list') {
  if (fail === 'signed out') { console.error('In a non-interactive environment, it is necessary to set a CLOUDFLARE_API_TOKEN'); process.exit(1); }
  if (!existsSync(kept)) { console.error('✘ [ERROR] Worker "onbehalf" not found.'); process.exit(1); }
  console.log(readFileSync(kept, 'utf8'));
} else if (args[0] === 'deploy') {
  if (!existsSync(kept)) writeFileSync(kept, '[]');
} else if (args[1] === 'bulk') {
  const names = new Set([...JSON.parse(readFileSync(kept, 'utf8')).map((it) => it.name), ...Object.keys(JSON.parse(input))]);
  writeFileSync(kept, JSON.stringify([...names].map((name) => ({ name, type: 'secret_text' }))));
}
`;

/** Puts one into a folder; answers its path. What it was told is in `calls` beside it, a line of JSON
 *  each. The variable ONBEHALF_TEST_FAIL names a subcommand that fails, or `signed out`. */
export async function standIn(folder) {
  const path = join(folder, 'wrangler.cjs');
  await writeFile(path, STAND_IN);
  await chmod(path, 0o755);
  return path;
}
