// A slip on the command line is answered with one sentence that says what to do, before anything is
// built or started; never with a stack.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';

import { inRoot, npmBin } from '../../scripts/lib/paths.mjs';

for (const [script, args, said] of [
  ['token', [], /^error: Usage: npm run token -- USER/],
  ['token', ['alice', '--sandbox-port', '1'], /No sandbox answers at http:\/\/localhost:1; start it with npm start/],
  ['start', ['--port', 'abc'], /--port takes a port from 1 to 65535/],
  ['start', ['--port', '9', '--sandbox-port', '9'], /need different ports/],
  ['test', ['--only', 'no-such-file'], /No end-to-end file has "no-such-file" in its name/],
  ['test', ['--mapping', 'x'], /--mapping is /],
  ['bench', ['--only', 'nope'], /There is no measurement nope\. There are whole-run/],
  ['mutate', ['--only', 'nope'], /No mutation has nope in its name; --list/],
  ['simulate', ['--seed', 'abc'], /--seed takes a whole number from 0/],
  ['simulate', ['--seeds', '0'], /--seeds takes a whole number from 1/],
  ['fuzz', ['--seconds', '0'], /--seconds takes a whole number from 1/],
  ['fuzz', ['--target', 'nope'], /The targets are token, /],
  ['torture', ['--kills', '0'], /--kills takes a whole number from 1/],
  ['soak', ['--minutes', 'x'], /--minutes takes a whole number from 1/],
  ['new', ['gadget', 'x'], /There is no gadget to be made/],
  ['new', ['tool', 'Foo_Bar'], /Foo_Bar is no name/],
  ['probe', [], /Which environment\? Name the file/],
  ['probe', ['--env', '/nowhere'], /--env \/nowhere cannot be read/],
  ['doctor', [], /^error: Usage: npm run doctor -- URL/],
  ['doctor', ['example.com'], /"example\.com" is no address/],
  ['setup', ['--answers', '/nowhere'], /--answers \/nowhere cannot be read/],
]) {
  test(`npm run ${script} -- ${args.join(' ')}`, () => {
    const answer = spawnSync(npmBin('node'), [inRoot('scripts', `${script}.mjs`), ...args], { encoding: 'utf8', timeout: 60_000 });
    assert.equal(answer.status, 1, answer.stderr);
    assert.match(answer.stderr, said);
    assert.equal(answer.stderr.trim().split('\n').length, 1, answer.stderr);
  });
}
