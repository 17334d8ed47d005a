// Asks a person for settings, one after another. Knows of a terminal only that it gives a line, and
// hides one where it is asked to.

import { bold, dim, say, yellow } from '../say.mjs';
import { SETTINGS } from '../settings.mjs';
import { askForProvider } from './ask_provider.mjs';
import { wrongWith } from './checks.mjs';

/** Settings that are asked for part by part. `known` is what was answered before. */
const IN_PARTS = { IDENTITY_PROVIDERS: askForProvider };

/** Asks for these; what is left empty and need not be there is left out. */
export async function askFor(names, { required, line }) {
  const answers = {};
  for (const name of names) {
    const { question, form, kind } = SETTINGS[name];
    const ask = (more) => askOnce({ name, required, line, ...more });
    const inParts = IN_PARTS[name];
    const answer = inParts
      ? await inParts(ask, answers)
      : await ask({ question: question ?? name, form, hidden: kind === 'secret', wrong: (text) => wrongWith(name, text) });
    if (answer) answers[name] = answer;
  }
  return answers;
}

/** One question, until its answer can be used. `fallback` is taken for an empty one. */
async function askOnce({ name, question, form, required, hidden = false, fallback, wrong = () => undefined, line }) {
  const empty = fallback ? `or nothing for ${fallback}` : 'or nothing to leave it out';
  say(`\n${bold(question)} ${dim(required && !fallback ? name : `${name}, ${empty}`)}`);
  if (form) say(dim(`  ${form}`));
  for (;;) {
    const answer = (await line({ hidden })).trim() || fallback;
    if (!answer && !required) return undefined;
    const because = answer ? wrong(answer) : 'it has to be there';
    if (!because) return answer;
    say(yellow(`  That cannot be used: ${because}.`));
  }
}
