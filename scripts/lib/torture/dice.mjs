// Chance that a seed gives again.

/** A small deterministic generator: numbers from 0 up to 1. */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of several. */
export const pick = (random, all) => all[Math.floor(random() * all.length)];

/** A whole number between two, both included. */
export const between = (random, least, most) => least + Math.floor(random() * (most - least + 1));
