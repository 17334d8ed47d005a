// The page's first script: asks who is signed in and, as soon as that is known, what the page asks
// first. Else the way there and back is spent twice, for the page's own script and for its questions. And
// what the Worker has sent is shown in the theme that was chosen, not in the device's until then; and what
// takes long the first time is done while the rest is still loading.
//
// Owns these answers until somebody asks the same; each is handed over once. The token against forgery
// stays in this function's memory. Refuses to know what is shown: it is loaded before all that.

export const FORGERY_HEADER = 'x-onbehalf-forgery-token';
export const SESSION_PATH = '/auth/session';
/** Where this browser keeps the theme that was chosen. */
export const THEME = 'onbehalf-theme';

/** What stands around every page. */
const AROUND = ['/api/approvals?limit=50'];
const HOME = ['/api/workflows', '/api/runs/latest', '/api/connections', '/api/schedules'];
/** Who comes for an answer later wants a newer one. */
const GOOD_FOR_MS = 10_000;

const answers = new Map<string, Promise<Response>>();

async function askFirst(): Promise<Response> {
  const session = await fetch(SESSION_PATH, { headers: { accept: 'application/json' } });
  if (session.ok) {
    const { forgeryToken } = (await session.clone().json()) as { forgeryToken: string };
    const isHome = /^\/console\/?$/.test(location.pathname);
    for (const path of [...(isHome ? HOME : []), ...AROUND]) keep(path, fetch(path, { headers: { [FORGERY_HEADER]: forgeryToken } }));
    setTimeout(() => answers.clear(), GOOD_FOR_MS);
  }
  return session;
}

function keep(path: string, answer: Promise<Response>): void {
  // A failure is for who comes for it, and nobody may.
  answer.catch(() => {});
  answers.set(new URL(path, location.origin).href, answer);
}

let hasBegun = false;
/** The page's own script is there. */
export function begun(): void {
  hasBegun = true;
}

// Whoever waits for a script that does not come is told so: a page is loaded once each of its scripts has run
// or failed.
addEventListener('load', () => {
  if (!hasBegun) document.documentElement.dataset['unloaded'] = '';
});

const chosen = localStorage.getItem(THEME);
if (chosen !== null) document.documentElement.dataset['theme'] = chosen;
keep(SESSION_PATH, askFirst());

/** What takes a slow phone some 60 ms the first time, whatever is written by it, and next to nothing after
 *  that: the browser looks up which languages it knows. For a collator it looks up a part of that alone. */
const SLOW_AT_FIRST = [(of: string) => new Intl.Collator(of), (of: string) => new Intl.NumberFormat(of), (of: string) => new Intl.DateTimeFormat(of)];

/** One by one, so that a finger is answered between them. */
function warmUp([next, ...rest] = SLOW_AT_FIRST): void {
  next?.(document.documentElement.lang);
  if (rest.length > 0) setTimeout(warmUp, 0, rest);
}

// Once something can be seen.
requestAnimationFrame(() => setTimeout(warmUp));

/** As `fetch`, with what was asked already. What failed is asked again. */
export function fetchOnce(request: Request): Promise<Response> {
  const asked = request.method === 'GET' && request.cache === 'default' ? answers.get(request.url) : undefined;
  if (!asked) return fetch(request);
  answers.delete(request.url);
  return asked.catch(() => fetch(request));
}
