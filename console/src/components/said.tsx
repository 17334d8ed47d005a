// What the API says itself, on a page of whichever language. It says it in English, and the page tells whoever
// hears it that this is English.

import type { ComponentChildren } from 'preact';

import { callFailed, type CallFailure, inWords } from '../state/said';

export function InEnglish({ children }: { children: ComponentChildren }) {
  return <span lang="en">{children}</span>;
}

/** Whose messages say more than their kind does: they hold what the app has answered, or which field is meant. */
const SAY_MORE = new Set(['upstream', 'invalid_input']);

/** Why a call of an app gave no result. */
export function CallFailed({ of }: { of: CallFailure }) {
  const known = callFailed(of);
  if (known === undefined) return <InEnglish>{of.message}</InEnglish>;
  return <>{known}{SAY_MORE.has(of.kind ?? '') && <>: <InEnglish>{of.message}</InEnglish></>}</>;
}

/** What a workflow or an agent is for. */
export function About({ of }: { of: { id: string; description: string } }) {
  return <>{inWords('about', of.id) ?? <InEnglish>{of.description}</InEnglish>}</>;
}
