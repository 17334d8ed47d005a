//! A tool call, from Scalekit's door to the app and back.

use serde_json::{Value, json};

use super::apps::{Apps, Whose};
use super::catalogue::{self, Violation};
use super::company::{Company, CompanyKey};
use super::connections::app_of;
use super::faults::{Landing, Rule};
use super::hubspot::{Hubspot, Lag};
use super::linear::Linear;
use super::manners::{LinearErrors, Manners};
use super::state::{LedgerEntry, World};
use super::time::iso;
use super::tool::{Actor, Answer, Params, ToolFailure};
use super::{linear, slack, stubs, zendesk};

/// A tool call as Scalekit gets it.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Whose account.
    pub identifier: &'a str,
    /// Through which connection; the user's only one of the tool's connector where none is named.
    pub connection: Option<&'a str>,
    /// The tool's parameters.
    pub params: &'a Params,
    /// The run it belongs to.
    pub run: &'a str,
}

/// A call that was served.
#[derive(Clone, Debug, PartialEq)]
pub struct Executed {
    /// The provider's JSON.
    pub data: Value,
}

/// A call that was not.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// There is no such tool.
    UnknownTool,
    /// The user has no such account, or not a usable one.
    NoAccount(String),
    /// The parameters do not fit.
    Invalid(Vec<Violation>),
    /// The provider refused.
    Provider(ToolFailure),
}

impl World {
    /// Serves a tool call.
    ///
    /// # Errors
    /// Why it was not served.
    pub fn execute(
        &mut self,
        call: &Call<'_>,
        fault: &Rule,
        now_ms: i64,
    ) -> Result<Executed, Refused> {
        let (tools, people) = (&mut self.calls.tools, &mut self.calls.by_identifier);
        *tools.entry(call.tool.to_owned()).or_default() += 1;
        *people.entry(call.identifier.to_owned()).or_default() += 1;
        let provider = catalogue::connector_of(call.tool).ok_or(Refused::UnknownTool)?;
        let violations = catalogue::violations(call.tool, call.params);
        if !violations.is_empty() {
            return Err(Refused::Invalid(violations));
        }
        let connection = self.connection_of(call, provider)?;
        self.check_account(call, &connection, fault)?;
        let promised = match fault.landing() {
            Landing::Now => None,
            Landing::After(_) | Landing::Never => Some(self.land_later(call, fault, now_ms)?),
        };
        if let Some(status) = fault.status.filter(|_| !fault.service) {
            return Err(Refused::Provider(self.misfortune(provider, status, fault)));
        }
        if let Some(answer) = promised {
            let data = answer.map_err(Refused::Provider)?.data;
            return Ok(Executed { data });
        }
        self.count_at_app(call, now_ms)?;
        let lag_ms = fault.search_lag_ms.unwrap_or(0);
        let mut answer = self.perform(call, None, lag_ms, now_ms)?;
        if fault.twice && answer.as_ref().is_ok_and(|it| it.written.is_some()) {
            answer = self.perform(call, None, lag_ms, now_ms)?;
        }
        let data = answer.map_err(Refused::Provider)?.data;
        Ok(Executed { data })
    }

    /// Does what a call asks for in the user's apps, and notes what it wrote.
    ///
    /// # Errors
    /// The user is in no company.
    pub(super) fn perform(
        &mut self,
        call: &Call<'_>,
        promised: Option<String>,
        lag_ms: i64,
        now_ms: i64,
    ) -> Result<Result<Answer, ToolFailure>, Refused> {
        let actor = self.actor(call, promised, now_ms)?;
        let key = self.company_key_of(call)?;
        let no_account = || Refused::NoAccount(call.tool.to_owned());
        let company = self.companies.get_mut(&key).ok_or_else(no_account)?;
        let answer = ask(company, call, &actor, lag_ms, &self.manners);
        if let Ok(Answer {
            written: Some(id), ..
        }) = &answer
        {
            self.ledger.push(LedgerEntry {
                identifier: call.identifier.to_owned(),
                tool: call.tool.to_owned(),
                params: json!(call.params),
                id: id.clone(),
                at: iso(now_ms),
            });
        }
        Ok(answer)
    }

    pub(super) fn actor(
        &self,
        call: &Call<'_>,
        promised: Option<String>,
        now_ms: i64,
    ) -> Result<Actor, Refused> {
        let csm = self.csms.get(call.identifier);
        let csm = csm.ok_or_else(|| Refused::NoAccount(call.tool.to_owned()))?;
        Ok(Actor {
            name: csm.seed.name.clone(),
            email: csm.seed.email(),
            now_ms,
            promised,
        })
    }

    pub(super) fn company_key_of(&self, call: &Call<'_>) -> Result<CompanyKey, Refused> {
        let csm = self.csms.get(call.identifier);
        let csm = csm.ok_or_else(|| Refused::NoAccount(call.tool.to_owned()))?;
        Ok(csm.company.clone())
    }

    /// The connection a call goes through.
    pub(super) fn connection_of(&self, call: &Call<'_>, provider: &str) -> Result<String, Refused> {
        let connections = &self.manners.connections;
        let name = match call.connection {
            Some(name) => connections
                .get(name)
                .filter(|it| it.provider == provider)
                .map(|_| name),
            None => connections
                .of_provider(provider)
                .find(|name| self.vault.get(call.identifier, name).is_some()),
        };
        name.map(str::to_owned)
            .ok_or_else(|| Refused::NoAccount(call.connection.unwrap_or(provider).to_owned()))
    }

    pub(super) fn check_account(
        &mut self,
        call: &Call<'_>,
        connection: &str,
        fault: &Rule,
    ) -> Result<(), Refused> {
        let csm = self.csms.get(call.identifier);
        let dies = csm.is_some_and(|csm| csm.seed.linear_dies);
        let account = self.vault.get_mut(call.identifier, connection);
        let account = account.ok_or_else(|| Refused::NoAccount(connection.to_owned()))?;
        account.revoked |= fault.revoke;
        let refused = |code: &str, message: String| {
            Err(Refused::Provider(ToolFailure::new(401, code, message)))
        };
        let provider = account.provider.clone();
        let revoked = || {
            let message = format!("The {provider} access token was revoked");
            refused("AUTHENTICATION_ERROR", message)
        };
        if account.revoked {
            return revoked();
        }
        match account.status.as_str() {
            "ACTIVE" => {}
            "EXPIRED" => {
                return refused("TOKEN_EXPIRED", "The access token has expired".to_owned());
            }
            "DISCONNECTED" => return revoked(),
            _ => return Err(Refused::NoAccount(connection.to_owned())),
        }
        if dies && provider == "linear" && !account.revived.contains(call.run) {
            // The first read of a run is served; then the credential is gone for that run.
            let first = account.dies_after.insert(call.run.to_owned());
            if !(first && Linear::is_read(call.tool, call.params)) {
                return revoked();
            }
        }
        Ok(())
    }

    /// Counts a call where the app counts it.
    fn count_at_app(&mut self, call: &Call<'_>, now_ms: i64) -> Result<(), Refused> {
        if !self.manners.app_limits {
            return Ok(());
        }
        let key = self.company_key_of(call)?;
        let provider = catalogue::connector_of(call.tool).unwrap_or_default();
        let app = app_of(provider).unwrap_or_default();
        let (kind, rate) = match app {
            "hubspot" => {
                let (kind, rate) = Hubspot::rate(call.tool);
                (kind.to_owned(), rate)
            }
            // Linear counts for each person.
            "linear" => (call.identifier.to_owned(), linear::RATE),
            "slack" => slack::rate(call.tool, call.params, self.manners.slack_history),
            "zendesk" => (String::new(), zendesk::RATE),
            other => match Apps::counted(other, call.tool, call.params) {
                Some(counted) => {
                    let whose = match counted.whose {
                        Whose::Person => call.identifier,
                        Whose::Company => "",
                    };
                    (format!("{} {whose}", counted.kind), counted.rate)
                }
                None => return Ok(()),
            },
        };
        let kind = format!("{app} {} {kind}", key.text());
        let taken = self.counters.take(&kind, rate, now_ms);
        taken.map_err(|seconds| {
            Refused::Provider(match app {
                "hubspot" => {
                    let words = "You have reached your secondly limit.";
                    ToolFailure::new(429, "RATE_LIMIT", words)
                }
                "linear" => match self.manners.linear_errors {
                    LinearErrors::Within => linear::rate_limited(),
                    LinearErrors::Status => misfortune(429),
                },
                "slack" => slack::rate_limited(seconds),
                other => {
                    Apps::too_many(other, seconds).unwrap_or_else(|| zendesk::rate_limited(seconds))
                }
            })
        })
    }

    /// A failure that a fault asks for.
    fn misfortune(&self, provider: &str, status: u16, fault: &Rule) -> ToolFailure {
        let within = self.manners.linear_errors == LinearErrors::Within;
        let mut failure = match status {
            429 if provider == "linear" && within => linear::rate_limited(),
            status => misfortune(status),
        };
        if let Some(words) = &fault.says {
            failure.code.clone_from(words);
            failure.message.clone_from(words);
        }
        failure
    }
}

/// What a company's app says to a call.
pub(super) fn ask(
    company: &mut Company,
    call: &Call<'_>,
    actor: &Actor,
    lag_ms: i64,
    manners: &Manners,
) -> Result<Answer, ToolFailure> {
    let (tool, params) = (call.tool, call.params);
    let provider = catalogue::connector_of(tool).unwrap_or_default();
    let answer = match app_of(provider).unwrap_or_default() {
        "hubspot" => {
            let lag = Lag {
                drawn: manners.search_lag,
                at_least_ms: lag_ms,
            };
            company.hubspot.call(tool, params, actor, lag)
        }
        "linear" => company.linear.call(tool, params, actor),
        "slack" => company
            .slack
            .call(tool, params, actor, manners.slack_history),
        "zendesk" => {
            let bare = tool.strip_prefix(provider).unwrap_or(tool);
            let bare = bare.trim_start_matches('_');
            company.zendesk.call(bare, params, actor)
        }
        _ => company.apps().call(tool, params, actor),
    };
    let answer = answer.unwrap_or_else(|| {
        let words = "this world does not simulate the tool";
        let stub = stubs::answer(tool).map(Answer::read);
        stub.ok_or_else(|| ToolFailure::new(501, "NOT_SIMULATED", words))
    });
    match (provider, manners.linear_errors) {
        ("linear", LinearErrors::Within) => answer.or_else(linear::within),
        ("linear", LinearErrors::Status) => answer.map_err(linear::in_one),
        _ => answer,
    }
}

/// A provider's error of this status.
fn misfortune(status: u16) -> ToolFailure {
    let (code, message) = match status {
        401 => ("UNAUTHORIZED", "The access token was rejected"),
        403 => ("SCOPE_INSUFFICIENT", "The token lacks a required scope"),
        429 => ("RATE_LIMITED", "You have reached your rate limit"),
        400..=499 => ("VALIDATION_ERROR", "The request was not valid"),
        _ => ("INTERNAL_ERROR", "The provider had an internal error"),
    };
    ToolFailure::new(status, code, message)
}
