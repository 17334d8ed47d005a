// A failed call of an app, in words.

import { t } from '../texts';

/** Why a call of an app gave no result, as the API says it. */
export interface CallFailure {
  /** Not in what was stored before kinds were told. */
  kind?: string;
  reason?: string | null;
  message: string;
}

/** The same in words of the language that is shown, where it has others than the API's. The reason of a refused
 *  account is the API's own; any other is the app's, and may be anything. */
export function callFailed({ kind, reason }: CallFailure): string | undefined {
  const known = t().said.calls;
  const words = (name: string | null | undefined) => (typeof name === 'string' && Object.hasOwn(known, name) ? known[name] : undefined);
  return (kind === 'auth_error' ? words(reason) : undefined) ?? words(kind);
}
