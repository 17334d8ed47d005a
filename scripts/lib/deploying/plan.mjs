// What a setup comes to: for each setting whether it is kept, written, put or made, and which are
// still to be asked for. Decides; does nothing.

import { SETTINGS } from '../settings.mjs';

/**
 * `vars` and `secrets` (names alone: nobody can read their values back) are what the deployment has,
 * `answers` what was given. Answers `{keep, write, put, make, ask, offer}`: names, and for `write` and
 * `put` values by name. `ask` has to be answered, `offer` may be.
 */
export function planned({ vars, secrets, answers }) {
  const plan = { keep: [], write: {}, put: {}, make: [], ask: [], offer: [] };
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const isSecret = setting.kind === 'secret';
    const answer = answers[name];
    const isThere = isSecret ? secrets.includes(name) : Boolean(vars[name]);
    if (answer && !isSecret && vars[name] === answer) plan.keep.push(name);
    else if (answer) (isSecret ? plan.put : plan.write)[name] = answer;
    else if (isThere) plan.keep.push(name);
    else if (setting.made) plan.make.push(name);
    else if (setting.required) plan.ask.push(name);
    else if (setting.question) plan.offer.push(name);
  }
  return plan;
}
