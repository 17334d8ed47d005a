// Whether the clockwork runs. From outside it can be told in two ways: Cloudflare says which cron
// triggers a Worker has, and a user's own schedule says what became of its latest ticks.

import { isSafe, visit } from './visit.mjs';

const AREA = 'cron';
const CLOUDFLARE = 'https://api.cloudflare.com/client/v4';
/** A daily run that is on has had a tick within a week at the latest: a schedule may leave days out. */
const A_WEEK_MS = 7 * 24 * 3600 * 1000;

export async function lookAtCron(url, deployment, settings, { name, crons }, findings) {
  await askCloudflare(settings, { name, crons }, findings);
  if (!deployment?.configured) return;
  const token = isSafe(url) ? settings.ONBEHALF_TOKEN : undefined;
  if (!token) {
    findings.unseen(AREA, 'Whether daily runs begin on time, and whether the deployment itself reaches Scalekit, takes a user to see.',
      "Give one user's bearer token in the variable ONBEHALF_TOKEN.");
    return;
  }
  const as = { headers: { authorization: `Bearer ${token}` } };
  await askScalekitThroughDeployment(url, as, findings);
  const { json } = await visit(`${url.origin}/api/workflows`, as);
  for (const workflow of json?.workflows ?? []) await lookAtSchedule(url, workflow, as, findings);
}

/** Which cron triggers Cloudflare has for the Worker. */
async function askCloudflare(settings, { name, crons }, findings) {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_ACCOUNT_ID: account } = settings;
  if (!token || !account || !name) {
    findings.unseen(AREA, 'Whether the cron trigger is there was not asked of Cloudflare; every ring writes a line with the event tick, which npx wrangler tail shows within twenty minutes.',
      'Give CLOUDFLARE_API_TOKEN (Workers Scripts, read) and CLOUDFLARE_ACCOUNT_ID as variables to have it asked.');
    return;
  }
  const base = (settings.CLOUDFLARE_API_BASE_URL ?? CLOUDFLARE).replace(/\/+$/, '');
  const answer = await visit(`${base}/accounts/${encodeURIComponent(account)}/workers/scripts/${encodeURIComponent(name)}/schedules`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const schedules = answer.json?.result?.schedules;
  if (answer.status !== 200 || !Array.isArray(schedules)) {
    findings.wrong(AREA, `Cloudflare does not say which cron triggers ${name} has: it answered ${answer.status ?? answer.failed}.`,
      'The token needs the permission to read Workers Scripts of this account, and the Worker has to be deployed under this name.');
    return;
  }
  const there = schedules.map((it) => it.cron);
  const missing = crons.filter((cron) => !there.includes(cron));
  if (missing.length > 0) {
    findings.wrong(AREA, `Cloudflare has no cron trigger "${missing.join('", "')}" for ${name}: whoever missed a daily run is not found.`,
      'Deploy again: wrangler sets the triggers of wrangler.toml each time.');
  } else {
    findings.right(AREA, `Cloudflare has the cron trigger "${there.join('", "')}" for ${name}.`);
  }
}

/** The deployment asks Scalekit with its own credentials when a user looks at their connections. */
async function askScalekitThroughDeployment(url, as, findings) {
  const answer = await visit(`${url.origin}/api/connections`, as);
  if (answer.status === 200) {
    findings.right('scalekit', 'The deployment itself reaches Scalekit with its own credentials.');
  } else if (answer.status === 401 || answer.status === 403) {
    findings.unseen('scalekit', `The deployment does not take the token in ONBEHALF_TOKEN (${answer.status}): ${answer.json?.detail ?? 'it gives no reason'}`,
      'Give a fresh token of a user.');
  } else {
    findings.wrong('scalekit', `The deployment itself cannot use Scalekit: it answered ${answer.status ?? answer.failed} (${answer.json?.title ?? 'no reason'}).`,
      'If the credentials above are good, the secret of the deployment is another: npx wrangler secret put SCALEKIT_CLIENT_SECRET.');
  }
}

async function lookAtSchedule(url, workflow, as, findings) {
  const id = workflow.id ?? workflow;
  const { status, json: schedule } = await visit(`${url.origin}/api/workflows/${encodeURIComponent(id)}/schedule`, as);
  if (status !== 200 || !schedule?.enabled) return; // not a daily one, or off
  const [latest] = schedule.ticks ?? [];
  const last = latest ? Date.parse(latest.at) : undefined;
  const since = Date.parse(schedule.enabledAt);
  if (latest?.problem) {
    findings.doubtful(AREA, `The latest daily run of ${id} of this user, at ${latest.at}, did not begin: ${latest.problem}.`, 'The log has the event tick_not_started with the same reason.');
  } else if (Math.max(last ?? since, since) < Date.now() - A_WEEK_MS) {
    findings.wrong(AREA, `This user's daily run of ${id} is on, and has not begun since ${latest?.at ?? schedule.enabledAt}.`,
      'Look for the event tick in npx wrangler tail; if there is none, deploy again, which sets the cron trigger.');
  } else {
    findings.right(AREA, `This user's daily run of ${id} is on; ${latest ? `the latest began for ${latest.at}` : 'none was due yet'}, the next is due at ${schedule.nextAt}.`);
  }
}
