// The address of Scalekit's webhooks: whether what nobody signed is refused, and whether what is
// signed with the secret we were lent is taken.

import { createHmac, randomUUID } from 'node:crypto';

import { WEBHOOKS } from './sign_in.mjs';
import { visit } from './visit.mjs';

const AREA = 'webhooks';
/** The event runs wait for; the others are taken and change nothing. */
const NEEDED = 'connected_account.status_updated';

export async function lookAtWebhooks(url, deployment, settings, findings) {
  if (!deployment?.configured) return;
  const address = `${url.origin}${WEBHOOKS}`;
  const stranger = await send(address, `whsec_${Buffer.alloc(32, randomUUID()).toString('base64')}`);
  if (stranger.status === 503 && String(stranger.json?.type).endsWith(':not-configured')) {
    findings.doubtful(AREA, 'No webhook is accepted, because SCALEKIT_WEBHOOK_SECRETS is not set: a run that waits for a connection made elsewhere finds it only when it looks again.',
      `At Scalekit, add a webhook to ${address} with the event ${NEEDED}, and put its signing secret with npx wrangler secret put SCALEKIT_WEBHOOK_SECRETS.`);
    return;
  }
  if (stranger.status === 429) {
    findings.unseen(AREA, 'Webhooks were not looked at: too many came from here.', 'Try again in a minute.');
    return;
  }
  if (stranger.status !== 401 && stranger.status !== 403) {
    findings.wrong(AREA, `${address} should refuse what nobody signed with 401; it answered ${stranger.status ?? stranger.failed}.`,
      'A route or a rule in front of the deployment may catch this path, or change what is sent.');
    return;
  }
  findings.right(AREA, `${address} refuses what nobody signed; register it at Scalekit with the event ${NEEDED}.`);
  const secrets = (settings.SCALEKIT_WEBHOOK_SECRETS ?? '').split(/[\s,]+/).filter(Boolean);
  if (secrets.length === 0) {
    findings.unseen(AREA, 'Whether the signing secret is the right one was not tried.', 'Give it in the variable SCALEKIT_WEBHOOK_SECRETS to have that tried.');
  }
  for (const [index, secret] of secrets.entries()) {
    const which = secrets.length > 1 ? `Signing secret ${index + 1} of ${secrets.length}` : 'The signing secret';
    const own = await send(address, secret);
    if (own.status >= 200 && own.status < 300) {
      findings.right(AREA, `${which} is the deployment's: an event that it signed was taken, and changes nothing.`);
    } else if (own.status === 401) {
      findings.wrong(AREA, `${which} is not the deployment's, or the clocks differ: an event that it signed was refused.`,
        'Copy the secret of the webhook from Scalekit once more, and put it with npx wrangler secret put SCALEKIT_WEBHOOK_SECRETS.');
    } else {
      findings.wrong(AREA, `An event signed with ${which.toLowerCase()} was answered ${own.status ?? own.failed}, where 204 was expected.`,
        'A rule in front of the deployment may change what is sent.');
    }
  }
}

/** Sends an event of a type that means nothing, signed as Standard Webhooks has it. */
async function send(address, secret) {
  const id = `doctor_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({ type: 'onbehalf.doctor', data: {} });
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return visit(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
}
