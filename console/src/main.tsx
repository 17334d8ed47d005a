import { render } from 'preact';

import { findSession, signIn } from './api/session';
import { App, load } from './app';
import { begun } from './early';
import { keepForOffline } from './offline/register';
import { textsReady } from './texts/load';
import { nextTurn } from './turns';

begun();
await Promise.all([
  textsReady(),
  findSession(),
  // An address that cannot be read is no page's.
  load(location.pathname).catch(() => {}),
]);
// Drawing is a task of its own: with the reading of all this script before it, a slow phone would not
// answer a finger for twice as long.
await nextTurn();
const place = document.getElementById('console');
if (place) {
  const isIn = signIn.peek().kind === 'in';
  // What stood there while nothing else could be shown; Preact itself takes nothing away at the top.
  for (const child of [...place.children]) if (!isIn || !child.matches('.shell')) child.remove();
  // Over what the Worker has sent of the shell, of which most stays as it is.
  render(<App />, place);
}
keepForOffline();
