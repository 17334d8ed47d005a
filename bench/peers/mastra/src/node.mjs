// The peer under Node: `POST /trigger` `{user, atOnce}` answers when the run has ended, since that
// is what the article's route does (`await run.start`). No token is verified: that, too, is in the
// peer's favour.

import { scalekitClient } from './scalekit.mjs';
import { body, serve } from './serve.mjs';
import { mastraWith, runAs } from './workflow.mjs';

const scalekit = scalekitClient({
  url: process.env.SCALEKIT_ENVIRONMENT_URL,
  clientId: process.env.SCALEKIT_CLIENT_ID,
  clientSecret: process.env.SCALEKIT_CLIENT_SECRET,
});
const instances = new Map();

function instance(atOnce) {
  if (!instances.has(atOnce)) instances.set(atOnce, mastraWith(scalekit, atOnce));
  return instances.get(atOnce);
}

serve(async (request, _, answer) => {
  const { user, atOnce = 1 } = await body(request);
  answer(200, await runAs(instance(atOnce), user));
});
