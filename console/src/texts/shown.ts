// Which language is shown just now. Apart from the texts, which are made of what is formatted in it.

import { signal } from '@preact/signals';

import type { Language } from '../state/preferences';

/** The language of the texts that are shown, for whatever is formatted beside them. */
export const shownLanguage = signal<Language>('en');
