// The page's first script: asks who is signed in and, as soon as that is known, what the page asks
// first. Else the way there and back is spent twice, for the page's own script and for its questions.
//
// Owns these answers until somebody asks the same; each is handed over once. The token against forgery
// stays in this function's memory. Refuses to know how anything is shown: it is loaded before all that.

export const FORGERY_HEADER = 'x-onbehalf-forgery-token';
export const SESSION_PATH = '/auth/session';

/** What stands around every page. */
const AROUND = ['/api/approvals?limit=50'];
const HOME = ['/api/workflows', '/api/runs/latest', '/api/connections'];
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

keep(SESSION_PATH, askFirst());

/** As `fetch`, with what was asked already. What failed is asked again. */
export function fetchOnce(request: Request): Promise<Response> {
  const asked = request.method === 'GET' && request.cache === 'default' ? answers.get(request.url) : undefined;
  if (!asked) return fetch(request);
  answers.delete(request.url);
  return asked.catch(() => fetch(request));
}
