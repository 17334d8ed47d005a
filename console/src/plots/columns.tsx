// Columns divided into parts, side by side: runs over time, scores by their tens.

import type { Share } from './shares';

export interface Column {
  key: string;
  /** Said below the column, where there is room for it. */
  label: string;
  parts: Pick<Share, 'tone' | 'count'>[];
}

const WIDTH = 360;
const HEIGHT = 132;
const FOOT = 18;
const SIDE = 30;
const GAP = 3;
/** Columns of a few are not drawn as walls. */
const WIDEST = 26;
const LABEL_WIDTH = 44;

/** `label` says in words what is to be seen; `top` is how far the scale goes, where that is known. */
export function Columns({ columns, label, top: given }: { columns: Column[]; label: string; top?: number }) {
  const totals = columns.map(({ parts }) => parts.reduce((sum, { count }) => sum + count, 0));
  const top = given ?? nice(Math.max(1, ...totals));
  const step = (WIDTH - SIDE) / Math.max(1, columns.length);
  const width = Math.min(WIDEST, step - GAP);
  const height = (count: number) => (count * (HEIGHT - FOOT - 8)) / top;
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / step));
  return (
    <svg class="plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {[0, top / 2, top].map((value) => (
        <g key={value}>
          <line class="grid" x1={SIDE} x2={WIDTH} y1={HEIGHT - FOOT - height(value)} y2={HEIGHT - FOOT - height(value)} />
          <text x={SIDE - 6} y={HEIGHT - FOOT - height(value) + 4} text-anchor="end">{Number.isInteger(value) ? value : ''}</text>
        </g>
      ))}
      {columns.map(({ key, label: said, parts }, at) => {
        let bottom = HEIGHT - FOOT;
        const x = SIDE + at * step + (step - width) / 2;
        return (
          <g key={key}>
            {parts.filter(({ count }) => count > 0).map(({ tone, count }) => {
              bottom -= height(count);
              return <rect key={tone} class={`fill-${tone}`} x={x} y={bottom} width={width} height={Math.max(0.75, height(count) - 0.75)} />;
            })}
            {at % every === 0 && <text x={x + width / 2} y={HEIGHT - 4} text-anchor="middle">{said}</text>}
          </g>
        );
      })}
    </svg>
  );
}

/** The next round number that can be halved. */
function nice(value: number): number {
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 6, 8, 10].map((factor) => factor * size).find((one) => one >= value) ?? value;
}
