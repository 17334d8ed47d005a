// Who is signed in, as the Worker says it. Owns the token against forgery, which lives in memory alone:
// the cookie is the browser's, and no script can read it.

import { signal } from '@preact/signals';

import type { components } from '../../generated/schema';
import { fetchOnce, FORGERY_HEADER, SESSION_PATH } from '../early';
import { Failure } from './failure';
import { forget, isSomebodyElse } from './seen';

export type Session = components['schemas']['SessionResponse'];

export type SignIn =
  | { kind: 'unknown' }
  /** The browser is on its way to sign in. */
  | { kind: 'sent' }
  | { kind: 'in'; session: Session }
  /** `left` when they signed out here, `ended` when the session was over while they worked. */
  | { kind: 'out'; why: 'never' | 'left' | 'ended' }
  | { kind: 'unreachable'; failure: Failure };

export const signIn = signal<SignIn>({ kind: 'unknown' });

/** Kept for this tab: when it was last sent to sign in, so that it is not sent in circles. */
const SENT_AT = 'onbehalf-sent-to-sign-in';
const CIRCLE_MS = 20_000;
/** The last session, so that what was seen last can be shown without a network; it opens nothing. */
const LAST = 'onbehalf-last-session';

/** Asks who is signed in. */
export async function findSession(): Promise<void> {
  try {
    const answer = await fetchOnce(new Request(SESSION_PATH, { headers: { accept: 'application/json' } }));
    if (answer.status === 401) {
      forgetPerson();
      signIn.value = sendToSignIn() ? { kind: 'sent' } : { kind: 'out', why: 'never' };
      return;
    }
    if (!answer.ok) throw await Failure.of(answer);
    const session = (await answer.json()) as Session;
    if (isSomebodyElse(nameOf(session))) await forget();
    localStorage.setItem(LAST, JSON.stringify({ ...session, forgeryToken: '' }));
    signIn.value = { kind: 'in', session };
  } catch (error) {
    const failure = Failure.from(error);
    const last = failure.offline ? localStorage.getItem(LAST) : null;
    signIn.value = last === null ? { kind: 'unreachable', failure } : { kind: 'in', session: JSON.parse(last) as Session };
  }
}

/** How somebody is called in one line. */
export function nameOf({ user }: Session): string {
  return user.name;
}

/** The token that each request of the API carries beside the cookie. */
export function forgeryToken(): string {
  const now = signIn.peek();
  return now.kind === 'in' ? now.session.forgeryToken : '';
}

/** The session is over: what somebody was looking at stays on the page until they decide. */
export function sessionEnded(): void {
  if (signIn.peek().kind === 'in') signIn.value = { kind: 'out', why: 'ended' };
}

/** Where the browser signs in, to come back to this very place. */
export function signInPath(): string {
  return `/auth/login?return_to=${encodeURIComponent(location.pathname + location.search)}`;
}

/** Sends the browser to sign in, unless it has just come from there without being signed in. */
function sendToSignIn(): boolean {
  const sentAt = Number(sessionStorage.getItem(SENT_AT) ?? 0);
  if (Date.now() - sentAt < CIRCLE_MS) return false;
  sessionStorage.setItem(SENT_AT, String(Date.now()));
  location.assign(signInPath());
  return true;
}

export async function signOut(): Promise<void> {
  // The answer leads to another page, which is none of ours to load.
  await fetch('/auth/logout', { method: 'POST', redirect: 'manual', headers: { [FORGERY_HEADER]: forgeryToken() } });
  forgetPerson();
  signIn.value = { kind: 'out', why: 'left' };
}

function forgetPerson(): void {
  localStorage.removeItem(LAST);
  void forget();
}
