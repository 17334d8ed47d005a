// All that the console says, in the language that is shown. English is there from the start; which
// language somebody wants is none of this file's business (`load`).

import { signal } from '@preact/signals';

import type { Language } from '../state/preferences';
import { en, type Texts } from './en';
import { shownLanguage } from './shown';

const texts = signal<Texts>(en);

/** The texts; whoever asks is drawn again when they change. */
export function t(): Texts {
  return texts.value;
}

/** Shows these from now on. */
export function speak(language: Language, found: Texts): void {
  texts.value = found;
  shownLanguage.value = language;
}
