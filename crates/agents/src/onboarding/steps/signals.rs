//! Step 3: what Zendesk and Linear say about each customer, and the score that follows.
//!
//! Both are read side by side and in bulk: customers are cut into questions, and a bounded number
//! of questions is under way at a time. Each answer is kept on its own, so that a connector that
//! must be waited for costs the other nothing.

use async_trait::async_trait;

use crate::onboarding::customers::Customer;
use crate::onboarding::result::CustomerError;
use crate::onboarding::scored::{Scored, ScoredCustomer};
use crate::onboarding::signals::{Reading, Signals, TaskSignals, TicketSignals};
use crate::onboarding::tasks::{self, Names, TaskCount};
use crate::onboarding::tickets::{self, Owners, TicketCount, TicketQuestion};
use crate::onboarding::{OnboardingHealth, OnboardingSettings, OnboardingState, score};
use onbehalf_acting::{CONNECTIONS, ConnectorError, Failure, FailureKind, Read, Reader, Worth};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, Step, StepContext, StepError, StepResult};
use onbehalf_identity::RequestContext;

use super::contacts::Found;

/// The step's id.
pub(super) const SIGNALS: &str = "signals-and-scores";

/// Step 3.
pub struct SignalsAndScores;

/// One question to either app.
enum Question<'a> {
    Tickets(usize, &'a TicketQuestion),
    Tasks(usize, &'a Names),
}

/// What it came to.
enum Answer {
    Tickets(Read<Vec<TicketCount>>),
    Tasks(Read<Vec<TaskCount>>),
}

/// All signals by customer, and why some are missing.
struct Gathered {
    tickets: Vec<Result<TicketSignals, Failure>>,
    tasks: Vec<Result<TaskSignals, Failure>>,
}

#[async_trait(?Send)]
impl Step<OnboardingHealth> for SignalsAndScores {
    type Input = Found;
    type Output = Scored;

    fn id(&self) -> &'static str {
        SIGNALS
    }

    fn requires(&self, _: &RequestContext, state: &OnboardingState) -> Result<(), String> {
        state.verified()
    }

    async fn run(
        &self,
        found: Found,
        cx: &StepContext<OnboardingHealth>,
    ) -> StepResult<OnboardingHealth, Scored> {
        let settings = &cx.services().settings;
        let owners = tickets::owners(&found.customers);
        let (ticket_questions, unasked) = tickets::questions(&owners);
        let (names, unnamed) = tasks::names(&found.customers, settings);
        let task_questions = tasks::questions(names);
        let questions = interleave(&ticket_questions, &task_questions);
        let reader = Reader::new(cx, Worth::Signal);
        let answers = cx
            .for_each(questions, CONNECTIONS, |question| {
                answer(settings, &reader, &found, &owners, question)
            })
            .await?;

        let none = found.customers.len();
        let unsearchable = |what| Failure::own(FailureKind::Unsearchable, what);
        let mut gathered = Gathered {
            tickets: vec![Ok(TicketSignals::default()); none],
            tasks: vec![Ok(TaskSignals::default()); none],
        };
        for index in unasked {
            gathered.tickets[index] = Err(unsearchable("the address cannot be searched for"));
        }
        for index in unnamed {
            gathered.tasks[index] = Err(unsearchable("the name cannot be searched for"));
        }
        let mut later = Vec::new();
        for (question, answer) in interleave(&ticket_questions, &task_questions)
            .into_iter()
            .zip(answers)
        {
            match (question, answer) {
                (_, Answer::Tickets(Read::Later(failure))) => {
                    later.push((Connector::ZENDESK, failure));
                }
                (_, Answer::Tasks(Read::Later(failure))) => {
                    later.push((Connector::LINEAR, failure));
                }
                (_, Answer::Tickets(Read::Done(counts))) => {
                    for count in counts {
                        if let Some(Ok(signals)) = gathered.tickets.get_mut(count.customer) {
                            tickets::add(signals, &count, found.now);
                        }
                    }
                }
                (_, Answer::Tasks(Read::Done(counts))) => {
                    for count in counts {
                        if let Some(Ok(signals)) = gathered.tasks.get_mut(count.customer) {
                            tasks::merge(signals, &count.signals);
                        }
                    }
                }
                (Question::Tickets(_, question), Answer::Tickets(Read::Failed(failure))) => {
                    for index in &question.customers {
                        gathered.tickets[*index] = Err(failure.clone());
                    }
                }
                (Question::Tasks(_, names), Answer::Tasks(Read::Failed(failure))) => {
                    for index in names.values().flatten() {
                        gathered.tasks[*index] = Err(failure.clone());
                    }
                }
                (Question::Tickets(..), Answer::Tasks(_))
                | (Question::Tasks(..), Answer::Tickets(_)) => {
                    return Err(StepError::terminal("an answer belongs to another question"));
                }
            }
        }
        if !later.is_empty() {
            return reader.wait(later);
        }
        Ok(Flow::Next(scored(self.id(), found, gathered, cx)))
    }
}

/// Questions to both apps in turn, so that neither waits for the other.
fn interleave<'a>(tickets: &'a [TicketQuestion], tasks: &'a [Names]) -> Vec<Question<'a>> {
    let mut questions = Vec::with_capacity(tickets.len() + tasks.len());
    for index in 0..tickets.len().max(tasks.len()) {
        questions.extend(tickets.get(index).map(|it| Question::Tickets(index, it)));
        questions.extend(tasks.get(index).map(|it| Question::Tasks(index, it)));
    }
    questions
}

async fn answer(
    settings: &OnboardingSettings,
    reader: &Reader<'_, OnboardingHealth>,
    found: &Found,
    owners: &Owners,
    question: Question<'_>,
) -> Result<Answer, StepError> {
    Ok(match question {
        Question::Tickets(index, question) => Answer::Tickets(
            reader
                .keep(&format!("zendesk-{index}"), || {
                    tickets::ask(reader, &question.addresses, owners)
                })
                .await?,
        ),
        Question::Tasks(index, names) => Answer::Tasks(
            reader
                .keep(&format!("linear-{index}"), || {
                    tasks::ask(reader, names, settings, found.now)
                })
                .await?,
        ),
    })
}

fn scored(
    step: &str,
    found: Found,
    gathered: Gathered,
    cx: &StepContext<OnboardingHealth>,
) -> Scored {
    let settings = &cx.services().settings;
    let mut connector_errors = found.connector_errors;
    let mut customer_errors = Vec::new();
    let mut missing = |customer: &Customer, connector, failure: &Failure| {
        ConnectorError::note(&mut connector_errors, connector, step, failure);
        customer_errors.push(CustomerError {
            customer: customer.key.clone(),
            connector,
            kind: failure.kind,
            reason: failure.reason.clone(),
        });
    };
    let mut customers = Vec::with_capacity(found.customers.len());
    let signals = gathered.tickets.into_iter().zip(gathered.tasks);
    for (customer, (tickets, tasks)) in found.customers.into_iter().zip(signals) {
        if let Err(failure) = &tickets {
            missing(&customer, Connector::ZENDESK, failure);
        }
        if let Err(failure) = &tasks {
            missing(&customer, Connector::LINEAR, failure);
        }
        let stalled_issue = tasks.as_ref().ok().and_then(|it| it.stalled_issue.clone());
        let signals = Signals {
            days_in_stage: customer.days_in_stage,
            tickets: reading(tickets),
            tasks: reading(tasks),
        };
        let health = score(&signals, settings.window_days, &settings.scoring);
        customers.push(ScoredCustomer {
            key: customer.key,
            name: customer.name,
            contacts: customer.contacts.into_iter().map(|it| it.id).collect(),
            company_id: customer.company_id,
            owner_id: found.owner_id.clone(),
            days_in_stage: customer.days_in_stage,
            // Healthy customers are not commented on.
            stalled_issue: stalled_issue.filter(|_| health.status.is_flagged()),
            health,
        });
    }
    Scored {
        portal: found.portal,
        described: found.described,
        customers,
        connector_errors,
        customer_errors,
    }
}

fn reading<T>(signals: Result<T, Failure>) -> Reading<T> {
    match signals {
        Ok(signals) => Reading::Known(signals),
        Err(failure) => Reading::Unread(failure.name()),
    }
}
