// What the API says in English, in words of the language that is shown, where it has others.

import { t } from '../texts';
import type { Texts } from '../texts/en';

/** The words that a language has of its own for a name of the API's; a name may be anything. */
export function inWords(of: keyof Texts['said'], name: string | null | undefined): string | undefined {
  const known = t().said[of];
  return typeof name === 'string' && Object.hasOwn(known, name) ? known[name] : undefined;
}

/** Why a call of an app gave no result, as the API says it. */
export interface CallFailure {
  /** Not in what was stored before kinds were told. */
  kind?: string;
  reason?: string | null;
  message: string;
}

/** The same in words. The reason of a refused account is the API's own; any other is the app's. */
export function callFailed({ kind, reason }: CallFailure): string | undefined {
  return (kind === 'auth_error' ? inWords('calls', reason) : undefined) ?? inWords('calls', kind);
}
