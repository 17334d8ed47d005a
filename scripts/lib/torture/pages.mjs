// A list of the API, read to its end.

import { call } from '../demo.mjs';

/** As many as a page may have. */
const OF_A_PAGE = 100;

/** Everything in a list, page by page; `member` is what a page holds it under. */
export async function everyPage(url, bearer, member) {
  const all = [];
  let cursor = '';
  do {
    const page = await call(`${url}?limit=${OF_A_PAGE}${cursor}`, bearer);
    all.push(...page[member]);
    cursor = page.nextCursor ? `&cursor=${encodeURIComponent(page.nextCursor)}` : '';
  } while (cursor);
  return all;
}
