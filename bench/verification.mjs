// Token verification: the product's whole check of a bearer token against `crypto.subtle.verify`
// alone, in the same workerd. Tokens are RS256 with 2048-bit keys, the costliest that are common.

import { rounded, shown, spread } from './lib/numbers.mjs';
import { startObjects } from './lib/objects.mjs';
import { configuration } from '../scripts/lib/stack.mjs';

export const name = 'verification';
export const title = 'Token verification';

const FULL = { tokens: 200, rounds: 10, repetitions: 9 };
const QUICK = { tokens: 100, rounds: 5, repetitions: 3 };
/** A remembered token costs so little that more of them are needed to see it. */
const WARM_ROUNDS = 50;
const TARGET_OF_BARE = 1.2;
const TARGET_WARM_MICROSECONDS = 20;

export async function measure(stage, { quick, progress }) {
  const { tokens: count, rounds, repetitions } = quick ? QUICK : FULL;
  const objects = await startObjects(stage.folder);
  await stage.control('seed', { prefix: 'bearer', count, customers: 0 });
  const tokens = [];
  for (let user = 0; user < count; user += 1) tokens.push(await stage.token(`bearer${user}`));
  const { IDENTITY_PROVIDERS: providers } = configuration(stage.sandbox, 'http://localhost', '');
  const discovery = await (await fetch(`${stage.sandbox.idp.issuer}/.well-known/openid-configuration`)).json();
  const keys = await (await fetch(discovery.jwks_uri)).text();
  const { kid } = JSON.parse(Buffer.from(tokens[0].split('.')[0], 'base64url'));
  const jwk = JSON.parse(keys).keys.find((key) => key.kid === kid);

  const whole = (warm, times) => objects.order('verify', { verify: { providers, keys, tokens, rounds: times, warm } });
  // Each order is given with no round as well: what remains is the verification.
  const kinds = {
    bare: (times) => objects.post('/bare-verify', { jwk, tokens, rounds: times }),
    cold: (times) => whole(false, times),
    warm: (times) => whole(true, times),
  };
  const took = { bare: [], cold: [], warm: [] };
  for (let repetition = 0; repetition <= repetitions; repetition += 1) {
    progress(`verification ${repetition} of ${repetitions}`);
    for (const [kind, verify] of Object.entries(kinds)) {
      const warm = kind === 'warm';
      // Warm: the first round verifies and remembers, so it is part of what is taken off.
      const [least, most] = warm ? [1, 1 + WARM_ROUNDS] : [0, rounds];
      const { ms: asking } = await verify(least);
      const { ms } = await verify(most);
      if (repetition > 0) took[kind].push((Math.max(0, ms - asking) * 1000) / (count * (most - least)));
    }
  }
  await objects.stop();
  const of = Object.fromEntries(Object.entries(took).map(([kind, values]) => [kind, spread(values)]));
  return { tokens: count, algorithm: 'RS256', microseconds: of, coldOfBare: rounded(of.cold.median / of.bare.median) };
}

export function rows({ microseconds: { bare, cold, warm } }) {
  return {
    header: ['Token', 'Each', 'Against WebCrypto alone'],
    rows: [
      ['WebCrypto’s verify alone', shown(bare, ' µs'), ''],
      ['verified for the first time', shown(cold, ' µs'), `${rounded(cold.median / bare.median)} ×`],
      ['verified before', shown(warm, ' µs'), `${rounded(warm.median / bare.median)} ×`],
    ],
  };
}

export function verdicts({ microseconds: { warm }, coldOfBare }) {
  return [
    {
      target: `verifying a token costs at most ${TARGET_OF_BARE} times WebCrypto’s verify`,
      found: `${coldOfBare} times`,
      met: coldOfBare <= TARGET_OF_BARE,
    },
    {
      target: `a token seen before costs less than ${TARGET_WARM_MICROSECONDS} µs`,
      found: `${warm.median} µs`,
      met: warm.median < TARGET_WARM_MICROSECONDS,
    },
  ];
}
