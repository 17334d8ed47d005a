// A score over runs, as small as a word.

import { HEALTH_TONE, type Health } from '../components/badge';

const WIDTH = 80;
const HEIGHT = 24;
const EDGE = 3;

export interface Point {
  score: number;
  status: Health;
}

/** `label` says what the line shows; `points` are the oldest first, and undefined where there is none. */
export function Spark({ points, label }: { points: (Point | undefined)[]; label: string }) {
  const x = (at: number) => (points.length < 2 ? WIDTH / 2 : EDGE + (at * (WIDTH - 2 * EDGE)) / (points.length - 1));
  const y = (score: number) => HEIGHT - EDGE - (score * (HEIGHT - 2 * EDGE)) / 100;
  let line = '';
  let pen = 'M';
  points.forEach((point, at) => {
    if (point) {
      line += `${pen}${x(at).toFixed(1)} ${y(point.score).toFixed(1)}`;
      pen = 'L';
    } else pen = 'M';
  });
  const last = points.findLastIndex((point) => point !== undefined);
  const end = points[last];
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path d={line} />
      {end && <circle class={HEALTH_TONE[end.status]} cx={x(last)} cy={y(end.score)} r="2.5" />}
    </svg>
  );
}
