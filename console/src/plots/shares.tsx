// How a whole is divided: one bar, its parts named below it.

import { number } from '../texts/format';

export interface Share {
  tone: 'good' | 'notice' | 'bad' | 'calm';
  label: string;
  count: number;
}

export function Shares({ shares }: { shares: Share[] }) {
  return (
    <figure class="stack near">
      <Bar shares={shares} />
      <figcaption>
        <ul class="legend">
          {shares.map(({ tone, label, count }) => (
            <li key={label}><span class={`swatch ${tone}`} /><span><b class="number">{number(count)}</b> {label}</span></li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

const WIDTH = 100;
/** Between the parts, and the least that one is drawn with. */
const GAP = 0.4;
const LEAST = 0.5;

/** The bar alone, where the parts are named beside it. */
export function Bar({ shares }: { shares: Share[] }) {
  const whole = Math.max(1, shares.reduce((sum, { count }) => sum + count, 0));
  let from = 0;
  return (
    <svg class="plot" viewBox={`0 0 ${WIDTH} 2`} preserveAspectRatio="none" height={8} aria-hidden="true">
      {shares.filter(({ count }) => count > 0).map(({ tone, count, label }) => {
        const width = (count * WIDTH) / whole;
        const part = <rect key={label} class={`fill-${tone}`} x={from} y="0" width={Math.max(LEAST, width - GAP)} height="100%" />;
        from += width;
        return part;
      })}
    </svg>
  );
}
