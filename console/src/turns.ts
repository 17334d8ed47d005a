// When something is done, where a page has several things to do at once. A phone answers nobody's finger
// while it is at one of them, so each gets a turn of its own.

/** Longest that somebody waits for leisure. */
const LEISURE_WITHIN_MS = 2000;
/** Where a browser does not say when it has leisure. */
const LEISURE_AFTER_MS = 500;

/** Resolves behind whatever else is waiting to be done. */
export const nextTurn = () => new Promise<void>((resolve) => { setTimeout(resolve); });

/** Resolves when there is nothing better to do. */
export const leisure = () =>
  new Promise<void>((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: LEISURE_WITHIN_MS });
    else setTimeout(resolve, LEISURE_AFTER_MS);
  });
