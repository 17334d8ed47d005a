//! Customers with a story each, and what that story left in three apps.

use super::company::Company;
use super::hubspot::{Hubspot, NewContact};
use super::linear::{Linear, NewIssue};
use super::manners::CustomerDate;
use super::names::{COMPLAINTS, FIRST, LAST, STEMS, TASKS, TRADES};
use super::random::Dice;
use super::time::{DAY, date};
use super::zendesk::Zendesk;

/// How an onboarding goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    Healthy,
    AtRisk,
    Critical,
}

/// Who is being onboarded.
struct Customer {
    company: String,
    domain: String,
    first: String,
    last: String,
    email: String,
}

fn customer(index: usize, dice: &mut Dice) -> Customer {
    let stem = STEMS[index % STEMS.len()];
    let trade = TRADES[(index / STEMS.len() + index) % TRADES.len()];
    let round = index / (STEMS.len() * TRADES.len());
    let company = match round {
        0 => format!("{stem} {trade}"),
        round => format!("{stem} {trade} {}", round + 1),
    };
    let domain = format!("{}.example", company.to_lowercase().replace(' ', "-"));
    let (first, last) = (dice.pick(&FIRST).to_string(), dice.pick(&LAST).to_string());
    let email = format!("{}.{}@{domain}", first.to_lowercase(), last.to_lowercase());
    Customer {
        company,
        domain,
        first,
        last,
        email,
    }
}

/// Customers that are to be.
pub(super) struct Portfolio<'a> {
    /// How many in onboarding.
    pub count: usize,
    /// How many companies are known before them: each has a name of its own.
    pub first: usize,
    /// Who owns them: an owner's id.
    pub owner: Option<&'a str>,
    /// The property that says since when they are customers.
    pub date: CustomerDate,
    /// What each of them calls itself; names of their own without.
    pub company: Option<&'a str>,
    /// Whether to leave duplicates among their issues, as people do.
    pub duplicates: bool,
}

impl Portfolio<'_> {
    /// How many companies it brings.
    pub fn companies(&self) -> usize {
        self.count + strangers(self.count)
    }
}

/// Companies that are no onboarding customers, beside so many that are.
fn strangers(count: usize) -> usize {
    if count == 0 { 0 } else { count / 4 + 3 }
}

/// Fills three apps with customers in onboarding, and with what is always in the way.
pub(super) fn populate(dice: &mut Dice, of: &Portfolio<'_>, now_ms: i64, apps: &mut Company) {
    for index in 0..of.count {
        let mut customer = customer(of.first + index, dice);
        if let Some(name) = of.company {
            customer.company = name.to_owned();
        }
        let story = match dice.between(0, 99) {
            0..=64 => Story::Healthy,
            65..=89 => Story::AtRisk,
            _ => Story::Critical,
        };
        let days = match story {
            Story::Healthy => dice.between(1, 29),
            Story::AtRisk => dice.between(8, 29),
            Story::Critical => dice.between(14, 29),
        };
        let entered = now_ms - days * DAY + dice.between(0, DAY / 2);
        take_in(dice, of, &customer, (story, entered), now_ms, apps);
        if of.duplicates && index % 7 == 0 {
            duplicate(&mut apps.linear, &customer, now_ms);
        }
    }
    noise(dice, of, now_ms, apps);
}

/// A customer in onboarding since then, in all three apps, with what their story brings.
fn take_in(
    dice: &mut Dice,
    of: &Portfolio<'_>,
    customer: &Customer,
    (story, entered): (Story, i64),
    now_ms: i64,
    apps: &mut Company,
) {
    add_contact(
        &mut apps.hubspot,
        of,
        customer,
        "customer",
        Some(entered),
        entered - 40 * DAY,
    );
    tickets(dice, &mut apps.zendesk, customer, story, now_ms);
    issues(dice, &mut apps.linear, customer, story, entered, now_ms);
}

fn add_contact(
    hubspot: &mut Hubspot,
    of: &Portfolio<'_>,
    customer: &Customer,
    stage: &str,
    entered_ms: Option<i64>,
    created_ms: i64,
) {
    hubspot.add_contact(&NewContact {
        values: &[
            ("email", &customer.email),
            ("firstname", &customer.first),
            ("lastname", &customer.last),
            ("company", &customer.company),
            ("lifecyclestage", stage),
        ],
        domain: &customer.domain,
        owner: of.owner,
        entered_ms,
        created_ms,
        date: of.date,
    });
}

fn tickets(dice: &mut Dice, zendesk: &mut Zendesk, of: &Customer, story: Story, now_ms: i64) {
    let name = format!("{} {}", of.first, of.last);
    let requester = zendesk.add_user(&name, &of.email, &of.company);
    let (open, oldest) = match story {
        Story::Healthy => (dice.between(0, 4) / 4, 2),
        Story::AtRisk => (dice.between(1, 2), dice.between(3, 6)),
        Story::Critical => (dice.between(2, 4), dice.between(5, 10)),
    };
    for nth in 0..open {
        let age = if nth == 0 {
            oldest
        } else {
            dice.between(1, oldest)
        };
        let status = *dice.pick(&["new", "open", "open", "pending", "hold"]);
        let created = now_ms - age * DAY - dice.between(0, DAY / 3);
        zendesk.add_ticket(requester, dice.pick::<&str>(&COMPLAINTS), status, created);
    }
    for _ in 0..dice.between(0, 2) {
        let status = *dice.pick(&["solved", "closed"]);
        let created = now_ms - dice.between(10, 60) * DAY;
        zendesk.add_ticket(requester, dice.pick::<&str>(&COMPLAINTS), status, created);
    }
}

fn issues(
    dice: &mut Dice,
    linear: &mut Linear,
    of: &Customer,
    story: Story,
    entered: i64,
    now_ms: i64,
) {
    let count = dice.between(4, 8);
    let first = usize::try_from(dice.between(0, 11)).unwrap_or(0);
    // What the calendar asks for, and what the story makes of it.
    let elapsed = ((now_ms - entered) as f64 / (30 * DAY) as f64).clamp(0.0, 1.0);
    let done_share = match story {
        Story::Healthy => elapsed.max(0.3),
        Story::AtRisk => elapsed * 0.7,
        Story::Critical => elapsed * 0.4,
    };
    for nth in 0..count {
        let title = TASKS[(first + usize::try_from(nth).unwrap_or(0)) % TASKS.len()];
        let created = entered + dice.between(0, DAY / 4);
        let done = dice.chance(done_share);
        let (overdue_days, idle_days) = match story {
            Story::Healthy => (-dice.between(2, 14), dice.between(0, 3)),
            Story::AtRisk if nth == 0 => (dice.between(1, 5), dice.between(3, 8)),
            Story::AtRisk => (-dice.between(1, 9), dice.between(0, 4)),
            Story::Critical if nth < 2 => (dice.between(3, 12), dice.between(7, 14)),
            Story::Critical => (-dice.between(1, 5), dice.between(2, 8)),
        };
        // The first unfinished task of an unhealthy customer is the one that was begun and left.
        let begun = !done && (nth == 0 || dice.chance(0.4));
        let updated = (now_ms - idle_days * DAY).max(created);
        linear.add_issue(NewIssue {
            title: format!("{title} for {}", of.company),
            state: match (done && (nth > 0 || story == Story::Healthy), begun) {
                (true, _) => "completed",
                (false, true) => "started",
                (false, false) if dice.chance(0.5) => "unstarted",
                (false, false) => "backlog",
            },
            created_ms: created,
            updated_ms: updated,
            due_date: Some(date(now_ms - overdue_days * DAY)),
            labels: vec![format!("customer:{}", of.domain), "onboarding".to_owned()],
            project: Some(format!("{} onboarding", of.company)),
        });
    }
}

/// Customers that came within the last day, and have only begun.
pub(super) fn welcome(dice: &mut Dice, of: &Portfolio<'_>, now_ms: i64, apps: &mut Company) {
    for index in 0..of.count {
        let customer = customer(of.first + index, dice);
        let entered = now_ms - dice.between(DAY / 4, DAY);
        take_in(dice, of, &customer, (Story::Healthy, entered), now_ms, apps);
    }
}

/// An issue somebody filed twice: overdue, and of no matter.
fn duplicate(linear: &mut Linear, of: &Customer, now_ms: i64) {
    linear.add_issue(NewIssue {
        title: format!("{} for {}", TASKS[0], of.company),
        state: "duplicate",
        created_ms: now_ms - 20 * DAY,
        updated_ms: now_ms - 19 * DAY,
        due_date: Some(date(now_ms - 10 * DAY)),
        labels: vec![format!("customer:{}", of.domain), "onboarding".to_owned()],
        project: Some(format!("{} onboarding", of.company)),
    });
}

/// What the agent must not take for an onboarding customer.
fn noise(dice: &mut Dice, of: &Portfolio<'_>, now_ms: i64, apps: &mut Company) {
    for index in 0..strangers(of.count) {
        let stranger = customer(of.first + of.count + index, dice);
        let stage = *dice.pick(&["lead", "opportunity", "customer", "evangelist"]);
        // Customers among them entered long ago.
        let entered = (stage == "customer").then(|| now_ms - dice.between(40, 300) * DAY);
        let made = now_ms - 400 * DAY;
        add_contact(&mut apps.hubspot, of, &stranger, stage, entered, made);
        let name = format!("{} {}", stranger.first, stranger.last);
        let zendesk = &mut apps.zendesk;
        let requester = zendesk.add_user(&name, &stranger.email, &stranger.company);
        let created = now_ms - dice.between(1, 50) * DAY;
        zendesk.add_ticket(requester, dice.pick::<&str>(&COMPLAINTS), "open", created);
        apps.linear.add_issue(NewIssue {
            title: format!("Internal: {}", dice.pick::<&str>(&TASKS)),
            state: "backlog",
            created_ms: created,
            updated_ms: created,
            due_date: None,
            labels: vec!["internal".to_owned()],
            project: None,
        });
    }
}
