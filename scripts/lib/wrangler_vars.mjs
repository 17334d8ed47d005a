// What wrangler.toml says of an environment: its Worker's name, variables and cron triggers, as
// wrangler itself reads them.

import { inRoot } from './paths.mjs';
import { Failure } from './say.mjs';
import { npmPackages } from './setup.mjs';

/** The configuration of this project. */
export const CONFIGURATION = inRoot('wrangler.toml');

/** The configuration of an environment; the one without a name is production. */
export async function readConfiguration(environment = '', path = CONFIGURATION) {
  await npmPackages();
  const { unstable_readConfig: read } = await import('wrangler');
  try {
    const { name, vars, triggers } = read({ config: path, env: environment }, { hideWarnings: true });
    return { name, vars: { ...vars }, crons: triggers?.crons ?? [] };
  } catch (error) {
    if (/No environment found/.test(error.message)) throw new Failure(`${path} has no environment ${environment}.`);
    throw new Failure(`${path} cannot be read: ${error.message.split('\n')[0]}`);
  }
}
