// How somebody wants to see the console: theme and language, kept in this browser.

import { effect, signal } from '@preact/signals';

import { THEME } from '../early';

export type Theme = 'system' | 'light' | 'dark';
export type Language = 'en' | 'de';
export const LANGUAGES: readonly Language[] = ['en', 'de'];

/** The name in this browser's storage, and of a cookie, by which the Worker sends the page in it at once. */
const LANGUAGE = 'onbehalf-language';
const YEAR_S = 365 * 24 * 3600;

const isTheme = (value: string | null): value is Theme => value === 'light' || value === 'dark';
const isLanguage = (value: string | null | undefined): value is Language => value === 'en' || value === 'de';

const storedTheme = localStorage.getItem(THEME);
const storedLanguage = localStorage.getItem(LANGUAGE);
const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);

export const theme = signal<Theme>(isTheme(storedTheme) ? storedTheme : 'system');
export const language = signal<Language>(isLanguage(storedLanguage) ? storedLanguage : (preferred ?? 'en'));

effect(() => {
  if (theme.value === 'system') {
    delete document.documentElement.dataset['theme'];
    localStorage.removeItem(THEME);
  } else {
    document.documentElement.dataset['theme'] = theme.value;
    localStorage.setItem(THEME, theme.value);
  }
});

/** Chosen, where it was only found before. */
export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(LANGUAGE, chosen);
  tellWorker(chosen);
  language.value = chosen;
}

function tellWorker(chosen: Language): void {
  document.cookie = `${LANGUAGE}=${chosen}; Path=/console; Max-Age=${YEAR_S}; SameSite=Lax`;
}

// With each visit for a year from then.
if (isLanguage(storedLanguage)) tellWorker(storedLanguage);
