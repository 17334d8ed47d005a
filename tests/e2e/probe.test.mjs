// `npm run probe` against the sandbox in each of its variants: what it learns is what is so.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { inRoot, npmBin } from '../../scripts/lib/paths.mjs';
import { endAll, freePort } from '../../scripts/lib/processes.mjs';
import { startSandbox } from '../../scripts/lib/stack.mjs';

const run = promisify(execFile);

let folder;
let sandbox;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onbehalf-probe-'));
  sandbox = await startSandbox(await freePort());
});
after(async () => {
  await endAll();
  await rm(folder, { recursive: true, force: true });
});

/** A world of these manners from the start, and what the probe says of it. */
async function probe(manners, { only, settings = {}, rules = [] } = {}) {
  for (const [path, body] of [['manners', manners], ['reset', {}], ['faults', { rules }]]) {
    const answer = await fetch(`${sandbox.url}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  }
  const { url, client_id: id, client_secret: secret } = sandbox.scalekit;
  const env = join(folder, 'probe.env');
  const lines = {
    SCALEKIT_ENVIRONMENT_URL: url,
    SCALEKIT_CLIENT_ID: id,
    SCALEKIT_CLIENT_SECRET: secret,
    PROBE_IDENTIFIER: 'user_alice',
    PROBE_CONNECTIONS: JSON.stringify(
      Object.fromEntries(Object.entries(sandbox.manners.connections).map(([name, { provider }]) => [provider, name])),
    ),
    ...settings,
  };
  await writeFile(env, Object.entries(lines).map(([name, value]) => `${name}='${value}'`).join('\n'));
  const { stdout } = await run(npmBin('node'), [
    inRoot('scripts', 'probe.mjs'), '--env', env, '--json', ...(only ? ['--only', only] : []),
  ]);
  return JSON.parse(stdout);
}

describe('what the probe learns', () => {
  it('says under which status an app refuses', async () => {
    const kept = await probe({ provider_errors: 'kept' }, { only: 'app-refuses' });
    assert.match(kept.learned['app-refuses'].learned, /: the status is kept$/);
    const mapped = await probe({ provider_errors: 'server_error' }, { only: 'app-refuses' });
    assert.match(mapped.learned['app-refuses'].learned, /^500 TOOL_ERROR .*: the status is not kept$/);
  });

  it('says what is answered where something is missing', async () => {
    for (const [missing, said] of [['not_found', /^404/], ['bad_request', /^400/]]) {
      const { learned } = await probe({ missing }, { only: 'missing-account,unknown-tool' });
      assert.match(learned['missing-account'].learned, said);
      assert.match(learned['unknown-tool'].learned, said);
    }
  });

  it('says whether Retry-After arrives', async () => {
    const settings = { PROBE_RATE_LIMIT: 'yes' };
    const rules = [{ match: { tool: 'hubspot_contacts_search' }, status: 429, retry_after: 3, times: 2 }];
    const options = { only: 'rate-limit', settings, rules };
    // The app's own limiter would be met as well, and knows no Retry-After.
    const kept = await probe({ app_limits: false, retry_after: 'kept' }, options);
    assert.match(kept.learned['rate-limit'].learned, /Retry-After arrives \(3\)/);
    const dropped = await probe({ app_limits: false, retry_after: 'dropped' }, options);
    assert.match(dropped.learned['rate-limit'].learned, /Retry-After does not arrive/);
  });

  it('says how long an identifier may be', async () => {
    const any = await probe({ lengths: 'any' }, { only: 'identifier-length' });
    assert.match(any.learned['identifier-length'].learned, /101 answer 200/);
    const enforced = await probe({ lengths: 'enforced' }, { only: 'identifier-length' });
    assert.match(enforced.learned['identifier-length'].learned, /101 answer 400/);
  });

  it('turns the lag of the index into a setting, and leaves no task behind', async () => {
    const { learned, settings } = await probe({ search_lag: 'drawn' }, { only: 'index-lag' });
    assert.match(learned['index-lag'].learned, /the list shows it at once; found 1 time$/);
    const seconds = settings.ONBOARDING.reconcileAfterSeconds;
    assert.ok(seconds >= 1 && seconds <= 600, String(seconds));
  });

  it('says what each app tells of an account, by the names of members alone', async () => {
    const { learned } = await probe({}, { only: 'accounts-told' });
    const { learned: told } = learned['accounts-told'];
    for (const said of [/hubspot: .*portalId.*uiDomain/, /linear: .*name.*organization/, /slack: .*team.*url.*user/, /zendesk: .*url/]) assert.match(told, said);
    assert.doesNotMatch(told, /alice/i);
  });

  it('leaves out what it lacks the settings for, and says which', async () => {
    const { learned } = await probe({}, { only: 'owner,comment-id' });
    assert.match(learned.owner.skipped, /PROBE_EMAIL/);
    assert.match(learned['comment-id'].skipped, /PROBE_LINEAR_ISSUE/);
  });
});
