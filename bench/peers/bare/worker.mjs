// A Worker with nothing in it. `/health` is the cheapest answer there is; `POST /calls` makes calls
// to the sandbox and does nothing with the answers, which shows what the same exchanges cost when
// no workflow stands between them: the floor of this machine.

/** The call: small in both directions, and it changes nothing. */
const BODY = (user) =>
  JSON.stringify({
    tool_name: 'hubspot_contacts_search',
    identifier: `user_${user}`,
    params: { filterGroups: '[]', limit: 1 },
  });

let token;

async function accessToken(env) {
  token ??= fetch(`${env.SCALEKIT_ENVIRONMENT_URL}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: env.SCALEKIT_CLIENT_ID,
      client_secret: env.SCALEKIT_CLIENT_SECRET,
    }).toString(),
  }).then(async (answer) => (await answer.json()).access_token);
  return token;
}

/** Stages one after the other; `calls` of each, `atOnce` at a time. */
async function replay(env, user, stages) {
  const headers = {
    authorization: `Bearer ${await accessToken(env)}`,
    'content-type': 'application/json',
  };
  const call = async () => {
    const answer = await fetch(`${env.SCALEKIT_ENVIRONMENT_URL}/api/v1/execute_tool`, {
      method: 'POST',
      headers,
      body: BODY(user),
    });
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`);
    await answer.arrayBuffer();
  };
  for (const { calls, atOnce } of stages) {
    let left = calls;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        await call();
      }
    };
    await Promise.all(Array.from({ length: Math.min(calls, atOnce) }, worker));
  }
}

/** Requests one after the other, each `{url, headers, body}`; the token is this Worker's own where a call goes to Scalekit. */
async function resend(env, requests) {
  for (const { url, headers, body } of requests) {
    const own = url.startsWith(`${env.SCALEKIT_ENVIRONMENT_URL}/api/`) ? { authorization: `Bearer ${await accessToken(env)}` } : {};
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, ...own }, body });
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`);
    await answer.arrayBuffer();
  }
}

export default {
  async fetch(request, env) {
    if (request.method !== 'POST') return new Response('{"status":"ok"}');
    if (new URL(request.url).pathname === '/requests') {
      const { requests } = await request.json();
      await resend(env, requests);
      return new Response('{"status":"done"}');
    }
    const { user, stages } = await request.json();
    await replay(env, user, stages);
    return new Response('{"status":"done"}');
  },
};
