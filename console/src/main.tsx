import { render } from 'preact';

import { findSession } from './api/session';
import { App } from './app';
import { keepForOffline } from './offline/register';
import { textsReady } from './texts';

await Promise.all([textsReady(), findSession()]);
const place = document.getElementById('console');
// What stood there while nothing else could be shown.
place?.replaceChildren();
if (place) render(<App />, place);
keepForOffline();
