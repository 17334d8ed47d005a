import { render } from 'preact';

import { findSession } from './api/session';
import { App } from './app';
import { keepForOffline } from './offline/register';
import { textsReady } from './texts';

await Promise.all([textsReady(), findSession()]);
const place = document.getElementById('console');
if (place) render(<App />, place);
keepForOffline();
