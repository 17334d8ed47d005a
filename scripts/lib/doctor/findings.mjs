// What the doctor found: one sentence each, and where something is wrong how it is mended.
//
// Owns that no secret the doctor was lent is ever repeated, whosever words a sentence is made of.

/** What a finding comes to. */
export const RIGHT = 'right';
export const WRONG = 'wrong';
/** It works, and may not be meant so. */
export const DOUBTFUL = 'doubtful';
/** It was not looked at; the sentence says what that takes. */
export const UNSEEN = 'unseen';

/** A secret shorter than this would be found in ordinary words. */
const LEAST_SECRET = 6;

export class Findings {
  #secrets;
  all = [];

  constructor(secrets = []) {
    const parts = secrets.filter(Boolean).flatMap((secret) => [secret, ...secret.split(/[\s,]+/)]);
    this.#secrets = [...new Set(parts)].filter((it) => it.length >= LEAST_SECRET).sort((a, b) => b.length - a.length);
  }

  right(area, says) {
    this.#add({ area, verdict: RIGHT, says });
  }

  wrong(area, says, mend) {
    this.#add({ area, verdict: WRONG, says, mend });
  }

  doubtful(area, says, mend) {
    this.#add({ area, verdict: DOUBTFUL, says, mend });
  }

  unseen(area, says, mend) {
    this.#add({ area, verdict: UNSEEN, says, mend });
  }

  count(verdict) {
    return this.all.filter((it) => it.verdict === verdict).length;
  }

  #add(finding) {
    const told = Object.entries(finding).filter(([, text]) => text !== undefined);
    this.all.push(Object.fromEntries(told.map(([name, text]) => [name, this.#without(text)])));
  }

  #without(text) {
    return this.#secrets.reduce((said, secret) => said.replaceAll(secret, '…'), text);
  }
}
