// `node bench/costs.mjs`: what 10, 100 and 1,000 users cost on Cloudflare in a month, from what was
// measured and the published prices. Prints the tables of docs/deploy/costs.md; no figure of it was
// seen on a bill.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RESULTS = join(dirname(fileURLToPath(import.meta.url)), 'results');
const USERS = [10, 100, 1000];
const DAYS = 30;

/** The Workers Paid plan: what a month includes, and what a million (of storage: a GB) more costs, in
 *  dollars. Workers, Durable Objects: the pages that docs/deploy/costs.md names, read in November 2026. */
const PRICES = {
  plan: 5,
  requests: { included: 10e6, more: 0.3 },
  cpuMs: { included: 30e6, more: 0.02 },
  objectRequests: { included: 1e6, more: 0.15 },
  gigabyteSeconds: { included: 400e3, more: 12.5 },
  rowsWritten: { included: 50e6, more: 1 },
  rowsRead: { included: 25e9, more: 0.001 },
  storedGb: { included: 5, more: 0.2 },
  logLines: { included: 20e6, more: 0.6 },
};
/** Memory that is billed for each object that is awake. */
const OBJECT_GB = 0.128;

/** The newest whole run of 200 customers with calls that take 50 ms. */
export function measured() {
  const newest = readdirSync(RESULTS).filter((name) => name.endsWith('-whole-run.json')).sort().at(-1);
  const { figures } = JSON.parse(readFileSync(join(RESULTS, newest), 'utf8'));
  const { calls, writes, cpuMs } = figures.points.find((it) => it.customers === 200 && it.latency === 50);
  return { calls, writes, cpuMs: cpuMs.median };
}

/** A journal keeps two rows for a call and five for the run (bench, "Engine"); with index entries and
 *  heads some 3.3 are billed for each (docs/SCALE.md: 80 for 24). */
const rowsOf = (calls) => Math.round((2 * calls + 5) * 3.3);

/** What a user does in a month, and what a run of theirs takes. */
export function assumed(busy = measured()) {
  return {
    // Of the month's daily runs these find something to write, the others nothing new.
    busyRuns: 4,
    quietRuns: DAYS - 4,
    // A quiet run of 200 customers makes 16 calls and keeps 24 rows (docs/SCALE.md).
    quiet: { calls: 16, seconds: 5, cpuMs: 60, rows: 80 },
    // What `npm start` shows: the apps' limits stretch three hundred writes to most of a minute.
    busy: { calls: busy.calls, seconds: 45, cpuMs: busy.cpuMs, rows: rowsOf(busy.calls) },
    // Starting, telling of the status, alarms; and at most one more for each call, for its turn.
    objectRequestsOfARun: 5,
    // Looks at the console or the API, each of which wakes two objects.
    looksADay: 20,
    looksCpuMs: 5,
    // 32 shards, rung three times an hour.
    shardsRung: 32 * 3 * 24 * DAYS,
    rowsOfARing: 3,
    storedMbOfARun: 0.48,
    runsKept: 30,
    // A line for each call and one for each row of the journal.
    linesOf: (calls) => calls + 2 * calls + 5,
  };
}

/** What a month of so many users takes. */
export function used(users, it = assumed()) {
  const runs = (of) => users * (it.quietRuns * of(it.quiet) + it.busyRuns * of(it.busy));
  const looks = users * it.looksADay * DAYS;
  return {
    requests: looks + 3 * 24 * DAYS,
    cpuMs: runs((run) => run.cpuMs) + looks * it.looksCpuMs,
    objectRequests: runs((run) => it.objectRequestsOfARun + run.calls) + 2 * looks + it.shardsRung,
    gigabyteSeconds: (runs((run) => run.seconds) + looks * 0.1 + it.shardsRung * 0.02) * OBJECT_GB,
    rowsWritten: runs((run) => run.rows) + it.shardsRung * it.rowsOfARing,
    rowsRead: 20 * runs((run) => run.rows) + 100 * looks,
    storedGb: (users * it.runsKept * it.storedMbOfARun) / 1024,
    logLines: runs((run) => it.linesOf(run.calls)) + looks,
  };
}

/** Dollars a month, the plan included. */
export function dollars(amounts) {
  const beyond = Object.entries(amounts).map(([what, amount]) => {
    const { included, more } = PRICES[what];
    return (Math.max(0, amount - included) * more) / (what === 'storedGb' ? 1 : 1e6);
  });
  return PRICES.plan + beyond.reduce((sum, it) => sum + it, 0);
}

const NAMES = {
  requests: 'requests to the Worker',
  cpuMs: 'CPU, ms',
  objectRequests: 'requests to objects, alarms among them',
  gigabyteSeconds: 'objects awake, GB-s',
  rowsWritten: 'rows written',
  rowsRead: 'rows read',
  storedGb: 'stored, GB',
  logLines: 'log lines',
};

const short = (number) => {
  if (number >= 1e9) return `${(number / 1e9).toFixed(1)} billion`;
  if (number >= 1e6) return `${(number / 1e6).toFixed(1)} million`;
  return number >= 100 ? Math.round(number).toLocaleString('en') : number.toFixed(1);
};

/** The table, as Markdown. */
export function tableOfCosts() {
  const months = USERS.map((users) => used(users));
  const rows = Object.entries(NAMES).map(([what, name]) => [
    name, ...months.map((month) => short(month[what])), short(PRICES[what].included),
    `${PRICES[what].more} $ ${what === 'storedGb' ? 'a GB' : 'a million'}`,
  ]);
  const totals = ['**a month**', ...months.map((month) => `**${dollars(month).toFixed(2)} $**`), `${PRICES.plan} $ for the plan`, ''];
  return [
    ['', ...USERS.map((users) => `${users.toLocaleString('en')} users`), 'included', 'beyond it'],
    Array.from({ length: USERS.length + 3 }, () => '---'),
    ...rows,
    totals,
  ].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${tableOfCosts()}\n`);
