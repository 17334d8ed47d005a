// How a whole is divided: one bar, its parts named below it.

import { number } from '../texts/format';

export interface Share {
  tone: 'good' | 'notice' | 'bad' | 'calm';
  label: string;
  count: number;
}

export function Shares({ shares, thin }: { shares: Share[]; thin?: boolean }) {
  const whole = Math.max(1, shares.reduce((sum, { count }) => sum + count, 0));
  let from = 0;
  return (
    <figure class="stack near">
      <svg class="plot" viewBox={`0 0 100 ${thin ? 2 : 3}`} preserveAspectRatio="none" height={thin ? 8 : 12} aria-hidden="true">
        {shares.filter(({ count }) => count > 0).map(({ tone, count, label }) => {
          const width = (count * 100) / whole;
          const part = <rect key={label} class={`fill-${tone}`} x={from} y="0" width={Math.max(0.5, width - 0.4)} height="100%" />;
          from += width;
          return part;
        })}
      </svg>
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
