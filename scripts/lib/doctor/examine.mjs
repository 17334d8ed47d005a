// The whole examination: each look in turn, from the deployment outwards.

import { lookAtDeployment } from './deployment.mjs';
import { Findings } from './findings.mjs';
import { lookAtIssuers } from './issuers.mjs';
import { lookAtScalekit } from './scalekit.mjs';
import { lookAtCron } from './schedule.mjs';
import { lookAtSignIn } from './sign_in.mjs';
import { lookAtWebhooks } from './webhooks.mjs';

/** What the doctor is lent, and never repeats. */
export const LENT = [
  'SCALEKIT_CLIENT_SECRET', 'SCALEKIT_WEBHOOK_SECRETS', 'ONBEHALF_TOKEN', 'CLOUDFLARE_API_TOKEN', 'OIDC_CLIENT_SECRET',
  'SESSION_SECRET', 'APPROVAL_WEBHOOK_SECRETS', 'MODEL_API_KEY', 'FALLBACK_MODEL_API_KEY',
];

/** Looks at the deployment at `url` with `settings` as they are known here; `configuration` is what
 *  wrangler.toml says of it. */
export async function examine(url, settings, { environment = '', configuration = { crons: [] } } = {}) {
  const findings = new Findings(LENT.map((name) => settings[name]));
  const deployment = await lookAtDeployment(url, findings, { environment });
  await lookAtIssuers(url, deployment, settings, findings);
  await lookAtSignIn(url, deployment, settings, findings);
  await lookAtScalekit(settings, deployment, findings);
  await lookAtWebhooks(url, deployment, settings, findings);
  await lookAtCron(url, deployment, settings, configuration, findings);
  return findings;
}
