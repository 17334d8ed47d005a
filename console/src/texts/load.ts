// Loads the texts of the language that was chosen: English is there, another comes when it is wanted.

import { effect } from '@preact/signals';

import { language, type Language } from '../state/preferences';
import { speak } from './index';
import { en, type Texts } from './en';

const LOADERS: Record<Language, () => Promise<Texts>> = {
  en: async () => en,
  de: async () => (await import('./de')).de,
};

/** Resolves once the first texts are those of the chosen language. */
export function textsReady(): Promise<void> {
  return new Promise((resolve) => {
    effect(() => {
      const wanted = language.value;
      void LOADERS[wanted]()
        .catch(() => en) // without the network, English is better than nothing
        .then((found) => {
          if (wanted !== language.peek()) return;
          const shown = found === en ? 'en' : wanted;
          speak(shown, found);
          document.documentElement.lang = shown;
          resolve();
        });
    });
  });
}
