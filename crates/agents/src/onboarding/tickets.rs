//! From tickets to a customer's frustration signal.
//!
//! Owns how addresses are cut into questions and how answers are counted. A search gives at most
//! 1,000 tickets; a question that has more is cut in two until it fits or asks for one address.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::OnboardingHealth;
use super::customers::Customer;
use super::signals::TicketSignals;
use onbehalf_acting::{Failure, FailureKind, Reader, Stop};
use onbehalf_clock::Timestamp;
use onbehalf_tools::{Tickets, TicketsInput, ZendeskTickets, requester_batches};

/// One question: these addresses, of these customers.
pub(super) struct TicketQuestion {
    pub addresses: Vec<String>,
    /// Positions of the customers concerned.
    pub customers: Vec<usize>,
}

/// What was counted for one customer in one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TicketCount {
    /// Position of the customer.
    pub customer: usize,
    /// Tickets not solved.
    pub open: u32,
    /// When the oldest was opened.
    pub oldest: Option<Timestamp>,
}

/// Whose address is whose, as positions of customers.
pub(super) type Owners = BTreeMap<String, usize>;

/// Who owns each address. Within one way of grouping, an address belongs to one customer.
pub(super) fn owners(customers: &[Customer]) -> Owners {
    let mut owners = Owners::new();
    for (index, customer) in customers.iter().enumerate() {
        for contact in &customer.contacts {
            owners.insert(contact.email.clone(), index);
        }
    }
    owners
}

/// Cuts all addresses into questions. Also names the customers none of whose addresses can be
/// searched for.
pub(super) fn questions(owners: &Owners) -> (Vec<TicketQuestion>, Vec<usize>) {
    let batches = requester_batches(owners.keys().cloned());
    let of = |addresses: &[String]| -> BTreeSet<usize> {
        let positions = addresses.iter().filter_map(|it| owners.get(it).copied());
        positions.collect()
    };
    let mut asked = BTreeSet::new();
    let mut questions = Vec::with_capacity(batches.batches.len());
    for addresses in batches.batches {
        let customers = of(&addresses);
        asked.extend(customers.iter().copied());
        questions.push(TicketQuestion {
            addresses,
            customers: customers.into_iter().collect(),
        });
    }
    let unasked = of(&batches.unsearchable);
    (questions, unasked.difference(&asked).copied().collect())
}

/// Asks one question to its end.
pub(super) async fn ask(
    reader: &Reader<'_, OnboardingHealth>,
    addresses: &[String],
    owners: &Owners,
) -> Result<Vec<TicketCount>, Stop> {
    let mut counts: BTreeMap<usize, TicketCount> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![addresses.to_vec()];
    while let Some(addresses) = waiting.pop() {
        let mut input = TicketsInput::open_of(addresses.clone());
        loop {
            let page = reader.call::<ZendeskTickets>(&input).await?;
            reader.answered_by_zendesk(page.account.as_deref()).await;
            if page.truncated && addresses.len() > 1 {
                let (left, right) = addresses.split_at(addresses.len() / 2);
                waiting.push(left.to_vec());
                waiting.push(right.to_vec());
                break;
            }
            let named = page.tickets.iter().any(|it| it.requester_email.is_some());
            if !named && !page.tickets.is_empty() && addresses.len() > 1 {
                // Counting none of them would call every one of these customers quiet.
                let failure = "the answer does not say whose tickets these are";
                return Err(Failure::own(FailureKind::Upstream, failure).into());
            }
            count(&page, &addresses, owners, &mut seen, &mut counts);
            match page.next_page {
                Some(next) => input.page = next,
                None => break,
            }
        }
    }
    Ok(counts.into_values().collect())
}

fn count(
    page: &Tickets,
    addresses: &[String],
    owners: &Owners,
    seen: &mut BTreeSet<String>,
    counts: &mut BTreeMap<usize, TicketCount>,
) {
    for ticket in &page.tickets {
        let email = ticket.requester_email.as_ref().map(|it| it.to_lowercase());
        // A question about one address needs no word on whose ticket it is.
        let owner = match (&email, addresses) {
            (Some(email), _) => owners.get(email),
            (None, [only]) => owners.get(only),
            (None, _) => None,
        };
        let Some(owner) = owner.copied() else {
            continue;
        };
        if !seen.insert(ticket.id.clone()) {
            continue;
        }
        let slot = counts.entry(owner).or_insert(TicketCount {
            customer: owner,
            open: 0,
            oldest: None,
        });
        slot.open += 1;
        slot.oldest = match (slot.oldest, ticket.created_at) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
    }
}

/// Adds a count to a customer's signal.
pub(super) fn add(signals: &mut TicketSignals, count: &TicketCount, now: Timestamp) {
    let days = count.oldest.map_or(0, |oldest| now.days_since(oldest));
    signals.open_tickets = signals.open_tickets.saturating_add(count.open);
    signals.oldest_ticket_days = signals
        .oldest_ticket_days
        .max(u32::try_from(days).unwrap_or(u32::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onboarding::customers::sample;
    use onbehalf_tools::Ticket;

    fn ticket(id: &str, email: Option<&str>, day: &str) -> Ticket {
        Ticket {
            id: id.into(),
            subject: None,
            status: Some("open".into()),
            priority: None,
            created_at: Timestamp::parse(day),
            updated_at: None,
            requester_email: email.map(str::to_owned),
        }
    }

    #[test]
    fn two_hundred_customers_are_few_questions() {
        let customers: Vec<_> = (0..200)
            .map(|index| sample(&format!("customer-{index}.test"), "C"))
            .collect();
        let (questions, unasked) = questions(&owners(&customers));
        assert_eq!((questions.len(), unasked.len()), (4, 0));
        let asked: usize = questions.iter().map(|it| it.customers.len()).sum();
        assert_eq!(asked, 200);
    }

    #[test]
    fn tickets_count_for_their_requesters_customer_once() {
        let customers = [sample("a.test", "A"), sample("b.test", "B")];
        let owners = owners(&customers);
        let page = Tickets {
            tickets: vec![
                ticket("1", Some("Ann@a.test"), "2026-11-20"),
                ticket("2", Some("ann@a.test"), "2026-11-10"),
                ticket("2", Some("ann@a.test"), "2026-11-10"),
                ticket("3", Some("stranger@c.test"), "2026-11-10"),
                ticket("4", None, "2026-11-10"),
            ],
            total: 5,
            next_page: None,
            truncated: false,
            account: None,
        };
        let mut counts = BTreeMap::new();
        let addresses = ["ann@a.test".to_owned(), "ann@b.test".to_owned()];
        count(
            &page,
            &addresses,
            &owners,
            &mut BTreeSet::new(),
            &mut counts,
        );
        let mut signals = TicketSignals::default();
        let now = Timestamp::parse("2026-11-23").expect("now");
        add(&mut signals, &counts[&0], now);
        assert_eq!((signals.open_tickets, signals.oldest_ticket_days), (2, 13));
        assert!(!counts.contains_key(&1));
    }
}
