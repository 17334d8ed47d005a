import { useEffect, useState } from 'preact/hooks';

import { exact, lasted, moment, relative } from '../texts/format';

/** A time as people say it; all of it is in the title. */
export function When({ at, as = 'relative' }: { at: string; as?: 'relative' | 'moment' }) {
  useTick(as === 'relative' ? 30_000 : undefined);
  return <time dateTime={at} title={exact(at)}>{as === 'relative' ? relative(at) : moment(at)}</time>;
}

/** How long something took, or has taken until now. */
export function Took({ from, to }: { from: string; to?: string | null | undefined }) {
  useTick(to ? undefined : 1000);
  return <>{lasted((to ? Date.parse(to) : Date.now()) - Date.parse(from))}</>;
}

/** Draws again from time to time. */
export function useTick(every: number | undefined): void {
  const [, draw] = useState(0);
  useEffect(() => {
    if (every === undefined) return;
    const timer = setInterval(() => draw((count) => count + 1), every);
    return () => clearInterval(timer);
  }, [every]);
}
