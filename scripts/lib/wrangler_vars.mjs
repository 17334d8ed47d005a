// What wrangler.toml says of an environment: its Worker's name, variables and cron triggers, as
// wrangler itself reads them.

import { inRoot } from './paths.mjs';
import { npmPackages } from './setup.mjs';

/** The configuration of an environment; the one without a name is production. */
export async function readConfiguration(environment = '', path = inRoot('wrangler.toml')) {
  await npmPackages();
  const { unstable_readConfig: read } = await import('wrangler');
  const { name, vars, triggers } = read({ config: path, env: environment }, { hideWarnings: true });
  return { name, vars: { ...vars }, crons: triggers?.crons ?? [] };
}
