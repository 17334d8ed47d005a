// Where a time stands in the waterfall. A run that waited a day for somebody did its work in seconds:
// each wait gets no more room than it needs to be seen, and the rest keeps its proportions.

import type { Picture } from './picture';

/** The most of the work's own length that a wait is drawn with. */
const WAIT_SHARE = 0.18;
/** Where there is next to no work, waits are drawn against this. */
const LEAST_WORK_MS = 400;

interface Piece {
  from: number;
  to: number;
  /** Where it begins, and how much room it has, of 1. */
  at: number;
  room: number;
  squeezed: boolean;
}

export interface Scale {
  place: (time: string | number) => number;
  pieces: Piece[];
}

export function scaleOf({ from, to, steps }: Picture, now: number): Scale {
  const begin = from ? Date.parse(from) : now;
  const end = Math.max(begin + 1, to ? Date.parse(to) : now);
  const waits = steps
    .flatMap(({ waits: all }) => all)
    .map((wait) => ({ from: Date.parse(wait.from), to: wait.to ? Date.parse(wait.to) : end }))
    .sort((a, b) => a.from - b.from);
  const cuts: { from: number; to: number; waits: boolean }[] = [];
  let reached = begin;
  for (const wait of waits) {
    if (wait.to <= reached) continue;
    const start = Math.max(wait.from, reached);
    if (start > reached) cuts.push({ from: reached, to: start, waits: false });
    cuts.push({ from: start, to: wait.to, waits: true });
    reached = wait.to;
  }
  if (reached < end) cuts.push({ from: reached, to: end, waits: false });
  const work = cuts.filter((cut) => !cut.waits).reduce((sum, cut) => sum + cut.to - cut.from, 0);
  const most = Math.max(work, LEAST_WORK_MS) * WAIT_SHARE;
  const weigh = (cut: { from: number; to: number; waits: boolean }) => (cut.waits ? Math.min(most, cut.to - cut.from) : cut.to - cut.from);
  const whole = Math.max(1, cuts.reduce((sum, cut) => sum + weigh(cut), 0));
  let at = 0;
  const pieces = cuts.map((cut) => {
    const piece = { from: cut.from, to: cut.to, at, room: weigh(cut) / whole, squeezed: cut.waits && cut.to - cut.from > most };
    at += piece.room;
    return piece;
  });
  const place = (time: string | number) => {
    const ms = typeof time === 'number' ? time : Date.parse(time);
    const piece = pieces.find((one) => ms <= one.to) ?? pieces.at(-1);
    if (!piece) return 0;
    const part = Math.min(1, Math.max(0, (ms - piece.from) / Math.max(1, piece.to - piece.from)));
    return piece.at + part * piece.room;
  };
  return { place, pieces };
}
