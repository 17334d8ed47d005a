// The health score: Onbehalf's default weights, so that both flag the same customers and have the
// same writes to make. A pure function, as the article asks for.

const DAY = 86_400_000;
const AT_RISK_BELOW = 70;
const CRITICAL_BELOW = 40;
const STALLED_AFTER_DAYS = 5;
const WINDOW_DAYS = 30;

const daysSince = (then, now) => Math.max(0, Math.floor((now - Date.parse(then)) / DAY));

/** What Zendesk says of one customer. */
export function ticketSignals(tickets, now) {
  const ages = tickets.map((ticket) => daysSince(ticket.created_at, now));
  return { open: tickets.length, oldestDays: Math.max(0, ...ages) };
}

/** What Linear says of one customer. */
export function taskSignals(issues, now) {
  const signals = { total: 0, completed: 0, overdue: 0, stalled: undefined };
  for (const issue of issues) {
    if (issue.state.type === 'canceled') continue;
    signals.total += 1;
    if (issue.state.type === 'completed') {
      signals.completed += 1;
      continue;
    }
    const overdue = issue.dueDate ? daysSince(issue.dueDate, now) : 0;
    const idle = daysSince(issue.updatedAt, now);
    if (overdue > 0) signals.overdue += 1;
    if (!['unstarted', 'started'].includes(issue.state.type)) continue;
    if (overdue === 0 && idle < STALLED_AFTER_DAYS) continue;
    const worst = signals.stalled;
    if (!worst || overdue > worst.overdue || (overdue === worst.overdue && idle > worst.idle)) {
      signals.stalled = { id: issue.id, identifier: issue.identifier, overdue, idle };
    }
  }
  return signals;
}

/** A score, what it means and why. */
export function computeHealthScore({ tickets, tasks, daysInStage }) {
  const reasons = [];
  let penalty = 0;
  const cost = (points, reason) => {
    if (points > 0) reasons.push(reason);
    penalty += points;
  };
  if (tickets?.open > 0) {
    const count = Math.min(32, tickets.open * 8);
    const age = Math.min(20, Math.max(0, tickets.oldestDays - 2) * 2);
    cost(count + age, `${tickets.open} open tickets, the oldest ${tickets.oldestDays} days old`);
  }
  if (tasks?.total > 0) {
    cost(Math.min(30, tasks.overdue * 10), `${tasks.overdue} onboarding tasks overdue`);
    const rate = Math.floor((tasks.completed * 100) / tasks.total);
    const expected = Math.floor((Math.min(daysInStage, WINDOW_DAYS) * 100) / WINDOW_DAYS);
    const lag = Math.max(0, expected - rate - 20);
    cost(Math.min(24, Math.floor((lag * 4) / 10)), `${rate}% done after ${daysInStage} days`);
    if (tasks.stalled) cost(10, `${tasks.stalled.identifier} is stalled`);
  }
  const score = Math.max(0, 100 - penalty);
  const status = score < CRITICAL_BELOW ? 'critical' : score < AT_RISK_BELOW ? 'at_risk' : 'healthy';
  return { score, status, reasons };
}

/** Whole days between a moment and now. */
export const daysInStage = (entered, now) => daysSince(entered, now);

/** Where the onboarding window begins. */
export const windowStart = (now) => now - WINDOW_DAYS * DAY;
