// Staging is the same Worker with the same bindings, and shares nothing with production.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unstable_readConfig as readConfig } from 'wrangler';

import { inRoot } from '../../scripts/lib/paths.mjs';

const read = (env) => JSON.parse(JSON.stringify(readConfig({ config: inRoot('wrangler.toml'), env })));
const production = read('');
const staging = read('staging');

/** What makes an environment that environment. */
const OWN = ['name', 'topLevelName', 'targetEnvironment', 'definedEnvironments', 'legacy_env', 'vars'];

/** Whether `npm run setup`, or somebody by hand, has written an environment's own settings. */
const isSetUp = (config) => config.vars.PUBLIC_URL !== undefined;

/** A configuration without what has to differ. */
function shared(config) {
  const rest = Object.fromEntries(Object.entries(config).filter(([key]) => !OWN.includes(key)));
  return { ...rest, ratelimits: rest.ratelimits.map(({ namespace_id: _, ...limit }) => limit) };
}

test('what is bound to production is bound to staging', () => {
  assert.ok(production.durable_objects.bindings.length > 0);
  assert.ok(production.ratelimits.length > 0);
  assert.deepEqual(shared(staging), shared(production));
  // A variable is written twice, or the other environment has not been set up at all.
  if (isSetUp(production) === isSetUp(staging)) {
    assert.deepEqual(Object.keys(staging.vars).sort(), Object.keys(production.vars).sort());
  }
});

test('its name and its rate limits are its own', () => {
  assert.notEqual(staging.name, production.name);
  const ids = [...production.ratelimits, ...staging.ratelimits].map((limit) => limit.namespace_id);
  assert.equal(new Set(ids).size, ids.length);
});
