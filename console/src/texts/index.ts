// All that the console says, in the language that was chosen. English is there from the start; another
// is loaded when it is wanted.

import { effect, signal } from '@preact/signals';

import { language, type Language } from '../state/preferences';
import { en, type Texts } from './en';

const LOADERS: Record<Language, () => Promise<Texts>> = {
  en: async () => en,
  de: async () => (await import('./de')).de,
};

/** The texts, once they are there. */
export const texts = signal<Texts>(en);
/** The language of the texts that are shown, for whatever is formatted beside them. */
export const shownLanguage = signal<Language>('en');

/** The texts; whoever asks is drawn again when they change. */
export function t(): Texts {
  return texts.value;
}

/** Resolves once the first texts are those of the chosen language. */
export function textsReady(): Promise<void> {
  return new Promise((resolve) => {
    effect(() => {
      const wanted = language.value;
      void LOADERS[wanted]()
        .catch(() => en) // without the network, English is better than nothing
        .then((found) => {
          if (wanted !== language.peek()) return;
          texts.value = found;
          shownLanguage.value = found === en ? 'en' : wanted;
          document.documentElement.lang = shownLanguage.value;
          resolve();
        });
    });
  });
}
