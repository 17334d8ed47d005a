// The page as the Worker sends it, before any script is there: what stands around each page, and the start
// page without what has to be asked for. Drawn when the console is built, once for each language. Script
// draws over it (`main`), and finds what it would draw itself but for what it knows by then.

import { renderToString } from 'preact-render-to-string';

import { LinkButton } from '../components/button';
import { Notice, Waiting } from '../components/states';
import { HomeWaiting } from '../pages/home/layout';
import { Frame, places } from '../shell/frame';
import type { Language } from '../state/preferences';
import { speak, t } from '../texts';
import { de } from '../texts/de';
import { en } from '../texts/en';

const TEXTS = { en, de };

/** Which page somebody comes to. */
export type View = 'home' | 'page';

export function still(language: Language, view: View): string {
  speak(language, TEXTS[language]);
  return renderToString(
    <Frame path={view === 'home' ? '/console' : ''} all={places(false)} standing={<div role="status" />}>
      {view === 'home' ? <HomeWaiting /> : <div class="page"><h1 class="unseen">{t().product}</h1><Waiting /></div>}
    </Frame>,
  );
}

/** What is shown instead of nothing where the page's own script does not come (`early`). */
export function unloaded(language: Language): string {
  speak(language, TEXTS[language]);
  const texts = t().states;
  return renderToString(
    <div class="unloaded" role="alert">
      <Notice tone="bad" title={texts.unloaded} actions={<LinkButton href="" small>{texts.retry}</LinkButton>}>{texts.unloadedDetail}</Notice>
    </div>,
  );
}
