// The page as the Worker sends it, before any script is there: what stands around each page, and the start
// page without what has to be asked for. Drawn when the console is built, once for each language. Script
// draws over it (`main`), and finds what it would draw itself but for what it knows by then.

import { renderToString } from 'preact-render-to-string';

import { Waiting } from '../components/states';
import { HomeWaiting } from '../pages/home/layout';
import { Frame, places } from '../shell/frame';
import type { Language } from '../state/preferences';
import { speak } from '../texts';
import { de } from '../texts/de';
import { en } from '../texts/en';

const TEXTS = { en, de };

/** Which page somebody comes to. */
export type View = 'home' | 'page';

export function still(language: Language, view: View): string {
  speak(language, TEXTS[language]);
  return renderToString(
    <Frame path={view === 'home' ? '/console' : ''} all={places(false)} standing={<div role="status" />}>
      {view === 'home' ? <HomeWaiting /> : <div class="page"><Waiting /></div>}
    </Frame>,
  );
}
