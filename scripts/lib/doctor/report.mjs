// The findings as a person reads them: by area, what is wrong first to meet the eye, and how to mend it.

import { bold, dim, green, red, yellow } from '../say.mjs';
import { DOUBTFUL, RIGHT, UNSEEN, WRONG } from './findings.mjs';

const SIGNS = { [RIGHT]: green('✓'), [WRONG]: red('✗'), [DOUBTFUL]: yellow('!'), [UNSEEN]: dim('–') };
const TITLES = {
  address: 'Address', settings: 'Settings', clock: 'Clock', issuers: 'Identity providers', addresses: 'Redirect addresses',
  scalekit: 'Scalekit', webhooks: 'Webhooks', cron: 'Daily runs',
};
/** Sentences are broken at the width of a terminal that is read, not scanned. */
const COLUMNS = 100;

/** The lines of a report. */
export function report(url, findings) {
  const lines = [bold(`Onbehalf at ${url.origin}`)];
  for (const [area, title] of Object.entries(TITLES)) {
    const found = findings.all.filter((it) => it.area === area);
    if (found.length === 0) continue;
    lines.push('', bold(title));
    for (const { verdict, says, mend } of found) {
      lines.push(...wrapped(`  ${SIGNS[verdict]} `, '    ', says));
      if (mend) lines.push(...wrapped(dim('    → '), '      ', mend));
    }
  }
  lines.push('', summary(findings));
  return lines;
}

function summary(findings) {
  const wrong = findings.count(WRONG);
  const doubtful = findings.count(DOUBTFUL);
  const unseen = findings.count(UNSEEN);
  const parts = [
    `${findings.count(RIGHT)} right`,
    wrong > 0 ? red(`${wrong} wrong`) : 'nothing wrong',
    ...(doubtful > 0 ? [yellow(`${doubtful} to think about`)] : []),
    ...(unseen > 0 ? [`${unseen} not looked at`] : []),
  ];
  return `${parts.join(', ')}.`;
}

/** Breaks a sentence between words; an address is never broken. */
function wrapped(begin, indent, text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (longer.length + indent.length <= COLUMNS || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line, at) => `${at === 0 ? begin : indent}${line}`);
}
