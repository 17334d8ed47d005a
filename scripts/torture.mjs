// `npm run torture`: the Worker is killed at random moments while providers misbehave, restarted on
// the same state each time under other settings, and in the end the outside world is looked at.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LOCAL, RELEASE } from './lib/build.mjs';
import { count, flags } from './lib/flags.mjs';
import { prepare } from './lib/prepare.mjs';
import { endAll } from './lib/processes.mjs';
import { Failure, bold, dim, green, main, say } from './lib/say.mjs';
import { dice } from './lib/torture/dice.mjs';
import { judge } from './lib/torture/judge.mjs';
import { judgeTalk, ofErrands } from './lib/torture/judge_talk.mjs';
import { Story } from './lib/torture/story.mjs';

/** Kills between two lines of progress. */
const PROGRESS_EVERY = 10;

await main(async () => {
  const { values } = flags('npm run torture', {
    about:
      'Kills the Worker at random moments of runs, turns of the agent and direct calls, while providers misbehave and settings change, then looks at what stands in HubSpot and Linear, what the model was asked, and what the Worker says of it.',
    options: {
      kills: { value: 'N', help: 'how often it is killed', default: '200' },
      users: { value: 'N', help: 'whose runs go on meanwhile, two to a portal', default: '8' },
      seed: { value: 'S', help: 'the moments of an earlier time again' },
      quick: { help: 'against the build that npm start uses' },
      keep: { help: 'leaves the state and the logs of the Worker behind, and says where' },
    },
  });
  const kills = count(values.kills, '--kills');
  const users = count(values.users, '--users', 2);
  const seed = count(values.seed ?? Math.floor(Math.random() * 1e9), '--seed', 0);
  const build = values.quick ? LOCAL : RELEASE;
  await prepare({ worker: build, sandbox: true });
  const state = await mkdtemp(join(tmpdir(), 'onbehalf-torture-'));
  try {
    say(`Torture with seed ${bold(seed)}: ${kills} kills, ${users} users, two to a portal.`);
    const story = new Story({ users, random: dice(seed), state, build });
    await torture(story, kills);
  } finally {
    await endAll();
    if (values.keep) say(dim(`State and logs are in ${state}`));
    else await rm(state, { recursive: true, force: true });
  }
});

async function torture(story, kills) {
  await story.begin();
  for (let kill = 1; kill <= kills; kill += 1) {
    await story.live(kill);
    if (kill % PROGRESS_EVERY === 0 || kill === kills) {
      say(dim(`  ${kill} of ${kills} kills, ${story.started.size} runs started, ${story.decided.size} decided, ${(await story.ledger()).length} writes landed`));
    }
  }
  say(dim('  The faults end; every run must too …'));
  const runs = await story.conclude();
  const { book, asked, shown } = story.talk;
  const { errands, rest } = ofErrands(book, await story.ledger());
  const { wrong: ofRuns, flags: written } = judge({ runs, everybody: story.everybody, ledger: rest });
  const talk = judgeTalk({ book, ledger: errands, ...story.conversations, asked, shown });
  const wrong = [...ofRuns, ...talk.wrong];
  for (const [what, times] of Object.entries(story.exercised)) say(dim(`  ${String(times).padStart(5)} × ${what}`));
  say(`\n${bold(runs.length)} runs, ${bold(written)} tasks and comments`);
  say(`${bold(book.messages.length)} messages, ${bold(book.calls.length)} direct calls, ${bold(errands.length)} writes of theirs; ${bold(talk.answers)} answers of the model, ${bold(talk.lost)} of them a second time, where a kill came in between`);
  say(`${bold(wrong.length)} violations`);
  if (wrong.length > 0) throw new Failure(wrong.join('\n  '));
  say(green('Every run, turn and call ended; what was approved stands once, nothing else does, and every claim is true.'));
}
