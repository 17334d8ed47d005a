// How somebody wants to see the console: theme and language, kept in this browser.

import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
export type Language = 'en' | 'de';
export const LANGUAGES: readonly Language[] = ['en', 'de'];

const THEME = 'onbehalf-theme';
const LANGUAGE = 'onbehalf-language';

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
  language.value = chosen;
}
