// Processes started again and again: from nothing to the first answer.

/** How long each kind takes to answer, so many times; kinds take turns. `begin` starts a process, which is ended. */
export async function startTimes(kinds, repetitions, progress) {
  const times = Object.fromEntries(kinds.map(({ kind }) => [kind, []]));
  // The first round fills the file system's cache and is thrown away.
  for (let repetition = 0; repetition <= repetitions; repetition += 1) {
    progress(`start ${repetition} of ${repetitions}`);
    for (const { kind, begin } of kinds) {
      const process = await begin();
      await process.stop();
      if (repetition > 0) times[kind].push(process.startedIn);
    }
  }
  return times;
}
