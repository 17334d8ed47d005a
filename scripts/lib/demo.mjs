// One run of each workflow, shown as it happens, with what came of it.

import { begin, clear } from './progress.mjs';
import { Failure, bold, cyan, dim, green, red, say, table, width, yellow } from './say.mjs';

/** How the results of the workflows that ship are shown; of any other, the status is. */
const RESULTS = { 'onboarding-health': showCustomers, 'morning-brief': showBrief };
/** The apps are as strict as the real ones: some hundred writes into one portal take their time. */
const PATIENCE_MS = 600_000;

/** Why a run waits that goes on without anybody: a time comes, or an app has room again. */
export const GOES_ON_BY_ITSELF = ['rate_limited', 'retrying', 'sleeping', 'yielded'];

/** How a run stands that has ended. */
const ENDS = ['completed', 'failed', 'cancelled'];
/** Between two looks at a run that is waited for. */
const LOOK_MS = 100;

/** Rows of the table; the rest is a line that counts them. */
const ROWS = 25;
/** The table fits a terminal of this width, and uses a wider one. */
const COLUMNS = 80;
const NAME_WIDTH = 22;
/** How a write ended, where the API's own word is too long for a column. */
const ENDINGS = { done: green('✓'), already_flagged: dim('earlier'), unknown_outcome: yellow('unknown') };

/** A JSON call to the Worker; anything but success is a failure in its own words. */
export async function call(url, bearer, { method = 'GET', body, headers = {} } = {}) {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${bearer}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Failure(`${method} ${new URL(url).pathname}: ${json.title ?? answer.status}. ${json.detail ?? ''}`);
  return json;
}

/** A run once it stands like this; one that ends otherwise, or is too slow, is a failure. */
export async function reach(url, bearer, wanted, patienceMs) {
  const until = Date.now() + patienceMs;
  for (;;) {
    const run = await call(url, bearer);
    if (run.status === wanted) return run;
    if (ENDS.includes(run.status) || Date.now() > until) throw new Failure(`A run is ${run.status} instead of ${wanted}.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Starts a run of every workflow that is hosted, one after the other, and follows each to its end;
 *  `ledger` tells which writes the apps have taken. */
export async function demo(workerUrl, bearer, user, ledger) {
  const ask = (path, options) => call(`${workerUrl}${path}`, bearer, options);
  const { workflows } = await ask('/api/workflows');
  for (const { id, title } of workflows) {
    say(`\nA run of ${bold(title)} as ${bold(user)}:`);
    const { runId } = await ask(`/api/workflows/${id}/trigger`, { method: 'POST' });
    say(dim(`  ${runId}`));
    const run = await counted(ledger, () => follow(`${workerUrl}/api/workflows/${id}/runs/${runId}`, bearer));
    await show(run, id, ledger);
  }
}

/** Does something long, and tells meanwhile how many writes there are. */
async function counted(ledger, wait) {
  const progress = begin('The run');
  const counting = setInterval(async () => {
    const count = (await ledger().catch(() => [])).length;
    if (count) progress.say(`${count} writes so far, no faster than the apps allow`);
  }, 1000);
  return wait().finally(() => {
    clearInterval(counting);
    progress.end();
  });
}

async function follow(url, bearer) {
  const shown = new Map();
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const run = await call(url, bearer);
    for (const step of run.steps) {
      if (shown.get(step.id) === step.status) continue;
      shown.set(step.id, step.status);
      if (step.status === 'running') continue;
      const took = step.endedAt ? `${Date.parse(step.endedAt) - Date.parse(step.startedAt)} ms` : '';
      const mark = step.status === 'completed' ? green('✓') : step.status === 'failed' ? red('✗') : yellow('…');
      clear();
      say(`  ${mark} ${step.id} ${dim(`${step.status} ${took}`)}`);
    }
    if (ENDS.includes(run.status)) return run;
    if (run.status === 'suspended' && !GOES_ON_BY_ITSELF.includes(run.suspension?.reason)) return run;
    if (Date.now() > until) throw new Failure(`The run is still ${run.status} after ten minutes.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Lines of the table of flagged customers, none wider than the terminal. */
export function customerTable(flagged, actions, columns = Math.max(process.stdout.columns ?? 0, COLUMNS)) {
  const paint = { critical: red, at_risk: yellow, healthy: green };
  const header = ['Customer', 'Score', 'Status', 'Task', 'Comment'];
  const rows = flagged.map((customer) => [
    short(customer.name, NAME_WIDTH),
    customer.score,
    paint[customer.status](customer.status.replaceAll('_', ' ')),
    actions.get(customer.key)?.create_task ?? '',
    actions.get(customer.key)?.add_comment ?? '',
  ]);
  // The reasons get what the other columns leave: two blanks before each column, two at the front.
  const room = columns - 2 - width(header, rows) - 2;
  const lines = table(
    [...header, 'Why'],
    rows.map((row, at) => [...row, dim(short(flagged[at].reasons.join('; '), room))]),
  );
  return lines.map((line) => `  ${line}`);
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Prints what a run came to. */
async function show(run, workflow, ledger) {
  const result = run.result ?? {};
  if (result.status === 'connectors_required') {
    say(`\n${yellow('Connections are missing:')}`);
    for (const connector of result.missing) say(`  ${connector}  ${cyan(result.connect[connector])}`);
    return;
  }
  if (run.status !== 'completed') {
    say(`\nThe run is ${bold(run.status)}. ${run.failure ? JSON.stringify(run.failure) : ''}`);
    return;
  }
  await RESULTS[workflow]?.(result, ledger);
  for (const error of result.connectorErrors ?? []) {
    say(`  ${yellow('!')} ${error.connector}: ${error.message}`);
  }
}

function showCustomers({ counts, customers, actions: done }) {
  const actions = new Map();
  for (const action of done) {
    const of = actions.get(action.customer) ?? {};
    of[action.kind] = ENDINGS[action.status] ?? dim(action.status);
    actions.set(action.customer, of);
  }
  const flagged = customers.filter((customer) => customer.status !== 'healthy');
  say('');
  for (const line of customerTable(flagged.slice(0, ROWS), actions)) say(line);
  if (flagged.length > ROWS) say(dim(`  … and ${flagged.length - ROWS} more flagged customers`));
  say(
    `\n  ${bold(counts.customers)} customers: ${green(`${counts.healthy} healthy`)}, ` +
      `${yellow(`${counts.atRisk} at risk`)}, ${red(`${counts.critical} critical`)}.\n  ` +
      `${bold(counts.tasksCreated)} HubSpot tasks created, ${bold(counts.commentsAdded)} Linear comments added.`,
  );
}

/** The message, as Slack has taken it. */
async function showBrief({ delivery }, ledger) {
  say(`\n  The message to Slack: ${bold(delivery.status.replaceAll('_', ' '))}.`);
  const said = (await ledger()).findLast(({ tool }) => tool === 'slack_send_message');
  if (said) for (const line of messageLines(said.params.text)) say(line);
}

/** Slack's markup as plain lines, none wider than the terminal. */
export function messageLines(text, columns = Math.max(process.stdout.columns ?? 0, COLUMNS)) {
  const plain = text
    .replace(/<[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return plain.split('\n').map((line) => (line === '' ? '' : `  ${dim('│')} ${short(line, columns - 4)}`));
}
