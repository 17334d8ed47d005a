//! What a day of work changes: customers ask and are answered, tasks are done or slip, new customers
//! come. So that a world which was lived in for a while has something to look back on.

use super::World;
use super::company::Company;
use super::linear::Linear;
use super::manners::CustomerDate;
use super::names::COMPLAINTS;
use super::random::Dice;
use super::seed::{Portfolio, welcome};
use super::time::{DAY, date};
use super::zendesk::Zendesk;

/// Days that a customer counts as new, which is how fast others have to come.
const ONBOARDING_DAYS: usize = 30;
/// Customers whose onboarding does not go by itself.
const TROUBLED: f64 = 0.4;

/// How likely things are for a customer on a day.
struct Pace {
    /// That they write a ticket.
    asks: f64,
    /// That an open ticket is answered for good.
    answered: f64,
    /// That a task is done.
    done: f64,
    /// That a task is gone on with.
    touched: f64,
}

const GOES_WELL: Pace = Pace {
    asks: 0.01,
    answered: 0.3,
    done: 0.08,
    touched: 0.1,
};
const GOES_BADLY: Pace = Pace {
    asks: 0.08,
    answered: 0.06,
    done: 0.02,
    touched: 0.04,
};

/// How things go for the customer of this domain, today as on every other day.
fn pace(domain: &str) -> &'static Pace {
    let troubled = Dice::of(&format!("how it goes with {domain}")).chance(TROUBLED);
    if troubled { &GOES_BADLY } else { &GOES_WELL }
}

impl World {
    /// Has everybody work for a day that ends now. The same day changes the same things.
    pub fn work(&mut self, now_ms: i64) {
        for (key, company) in &mut self.companies {
            let mut dice = Dice::of(&format!("{} on {}", key.text(), date(now_ms)));
            tickets(&mut dice, &mut company.zendesk, now_ms);
            tasks(&mut dice, &mut company.linear, now_ms);
        }
        for csm in self.csms.values() {
            if let Some(company) = self.companies.get_mut(&csm.company) {
                let mut dice = Dice::of(&format!("new to {} on {}", csm.seed.sub, date(now_ms)));
                let (each, rest) = (
                    csm.seed.customers / ONBOARDING_DAYS,
                    csm.seed.customers % ONBOARDING_DAYS,
                );
                let more = dice.chance(rest as f64 / ONBOARDING_DAYS as f64);
                let owner = company
                    .hubspot
                    .owner(&csm.seed.email())
                    .map(|owner| owner.id.clone());
                let customer_date = self.manners.customer_date;
                newcomers(
                    &mut dice,
                    company,
                    owner.as_deref(),
                    customer_date,
                    each + usize::from(more),
                    now_ms,
                );
            }
        }
    }
}

fn tickets(dice: &mut Dice, zendesk: &mut Zendesk, now_ms: i64) {
    let paces: Vec<&Pace> = zendesk.users().map(|user| pace(user.domain())).collect();
    for ticket in zendesk.open_tickets_mut() {
        if dice.chance(paces[ticket.requester].answered) {
            ticket.status = "solved";
            ticket.updated_ms = now_ms;
        }
    }
    for (requester, pace) in paces.into_iter().enumerate() {
        if dice.chance(pace.asks) {
            let at = now_ms - dice.between(0, DAY);
            zendesk.add_ticket(requester, dice.pick::<&str>(&COMPLAINTS), "open", at);
        }
    }
}

fn tasks(dice: &mut Dice, linear: &mut Linear, now_ms: i64) {
    for issue in linear.open_issues_mut() {
        let of = issue
            .labels
            .iter()
            .find_map(|label| label.strip_prefix("customer:"));
        let Some(pace) = of.map(pace) else {
            continue;
        };
        if dice.chance(pace.done) {
            issue.state = "completed";
            issue.updated_ms = now_ms;
        } else if dice.chance(pace.touched) {
            issue.state = "started";
            issue.updated_ms = now_ms;
        }
    }
}

fn newcomers(
    dice: &mut Dice,
    company: &mut Company,
    owner: Option<&str>,
    date: CustomerDate,
    count: usize,
    now_ms: i64,
) {
    let portfolio = Portfolio {
        count,
        first: company.next_names(count),
        owner,
        date,
        company: None,
        duplicates: false,
    };
    welcome(dice, &portfolio, now_ms, company);
}
