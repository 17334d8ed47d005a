import { render } from 'preact';

import { findSession } from './api/session';
import { App } from './app';
import { keepForOffline } from './offline/register';
import { textsReady } from './texts';

await Promise.all([textsReady(), findSession()]);
// Drawing is a task of its own: with the reading of all this script before it, a slow phone would not
// answer a finger for twice as long.
await new Promise((resolve) => { setTimeout(resolve); });
const place = document.getElementById('console');
// What stood there while nothing else could be shown.
place?.replaceChildren();
if (place) render(<App />, place);
keepForOffline();
