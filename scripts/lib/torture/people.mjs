// The people whose runs go on while the Worker is killed: pairs who share a HubSpot portal, each run
// covering all of it, so that each customer is everybody's. In every second portal nothing is written
// without approval, and some customers are always refused.

/** Customers that each person brings into the portal: enough for a few writes each. */
const CUSTOMERS = 8;

/** As many people as asked for, two to a portal. */
export function people(users) {
  return Array.from({ length: users }, (_, at) => {
    const portal = Math.floor(at / 2);
    return { user: `victim${at}`, identifier: `user_victim${at}`, portal: `portal${portal}`, asksFirst: portal % 2 === 1 };
  });
}

/** Puts them into the world. */
export async function seed(control, everybody) {
  for (const { user, portal } of everybody) {
    await control('seed', { user, portal, customers: CUSTOMERS });
  }
}

/** Whether a customer is refused wherever somebody is asked: the same answer every time. */
export function isRefused(customer) {
  let sum = 0;
  for (const letter of customer) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return sum % 3 === 0;
}
