// What has happened before today: a person's daily runs of the days gone by, made by the built Worker
// itself in a shell in which it is that day (`../shells/past.mjs`), against a sandbox whose people have
// worked in between. What comes of it stands in the Worker's own storage, where the Worker that is
// started afterwards, without a shell, finds it.
//
// The runs are dry: a team that begins with this looks at what would be written for a fortnight.

import { DOOR } from '../shells/door.mjs';
import { call, reach } from './demo.mjs';
import { inRoot } from './paths.mjs';
import { end, freePort } from './processes.mjs';
import { startWorker, token } from './stack.mjs';

const SHELL = inRoot('scripts', 'shells', 'past.mjs');
const WORKFLOW = '/api/workflows/onboarding-health';
/** With today's run a fortnight, which is what the plots show. */
export const DAYS = 13;
const DAY_MS = 86_400_000;
/** When the daily runs of these days began, in UTC. */
const BEGAN_MS = (8 * 60 + 5) * 60_000;
const PATIENCE_MS = 60_000;

/** The world's days, one after the other up to today: `day` is called in each with its moment and
 *  how far it lies behind. `began` is called once the world is there, as it was at first. */
async function live(sandbox, days, { began, day }) {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  let ahead;
  try {
    for (let ago = days; ago >= 1; ago -= 1) {
      const at = today - ago * DAY_MS + BEGAN_MS;
      const behind = Date.now() - at;
      if (ahead === undefined) {
        await control(sandbox, 'reset', { ms: -behind });
        await began?.();
      } else {
        await control(sandbox, 'age', { ms: -behind - ahead, work: true });
      }
      ahead = -behind;
      await day?.(at, behind);
    }
  } finally {
    if (ahead !== undefined) await control(sandbox, 'age', { ms: -ahead, work: true });
  }
}

/** Makes the world one that was lived in, without any run. */
export const liveIn = (sandbox, days = DAYS) => live(sandbox, days, {});

/** Makes the world one that was lived in, with a run of `user` on each of the days. `began` is called
 *  once the world has begun, for who is to be in it from the start; `said` with each day that is done. */
export async function makePast(sandbox, { user, state, log, build, days = DAYS, began, said = () => {} }) {
  const worker = await startWorker(sandbox, { port: await freePort(), state, log, build, shell: SHELL });
  try {
    let made = 0;
    await live(sandbox, days, {
      began,
      day: async (at, behind) => {
        await call(`${worker.url}${DOOR}?behindMs=${behind}`, '');
        await run(worker.url, await token(sandbox.url, user, 'oidc', at));
        said((made += 1));
      },
    });
  } finally {
    await end(worker.child);
  }
}

async function run(worker, bearer) {
  const { runId } = await call(`${worker}${WORKFLOW}/trigger`, bearer, { method: 'POST', body: { dryRun: true } });
  await reach(`${worker}${WORKFLOW}/runs/${runId}`, bearer, 'completed', PATIENCE_MS);
}

const control = (sandbox, path, body) => call(`${sandbox.url}/_sandbox/${path}`, '', { method: 'POST', body });
