//! The world itself: everybody's apps, and what was done in them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::catalogue::{self, Violation};
use super::faults::{Faults, Rule};
use super::hubspot::Hubspot;
use super::linear::Linear;
use super::random::Dice;
use super::seed;
use super::time::iso;
use super::tool::{Actor, Params, ToolFailure};
use super::users::{APPS, CsmSeed, seeded};
use super::vault::Vault;
use super::zendesk::Zendesk;

/// One CSM and their apps.
pub struct Csm {
    /// Who.
    pub seed: CsmSeed,
    /// Their HubSpot.
    pub hubspot: Hubspot,
    /// Their Zendesk.
    pub zendesk: Zendesk,
    /// Their Linear.
    pub linear: Linear,
}

/// A write that landed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// Whose account it went through.
    pub identifier: String,
    /// With which tool.
    pub tool: String,
    /// With which parameters.
    pub params: Value,
    /// What it made.
    pub id: String,
    /// When.
    pub at: String,
}

/// How often what was asked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Calls {
    /// By endpoint.
    pub endpoints: BTreeMap<String, u64>,
    /// By tool.
    pub tools: BTreeMap<String, u64>,
    /// By identifier.
    pub by_identifier: BTreeMap<String, u64>,
    /// Traces that calls belonged to (W3C Trace Context), the first so many.
    pub traces: BTreeSet<String>,
}

/// Traces that are remembered.
const TRACES: usize = 1000;

impl Calls {
    /// Notes the trace of a `traceparent` header.
    pub fn note_trace(&mut self, header: &str) {
        let trace = header.split('-').nth(1);
        if let Some(trace) = trace.filter(|_| self.traces.len() < TRACES) {
            self.traces.insert(trace.to_owned());
        }
    }
}

/// The world.
pub struct World {
    csms: BTreeMap<String, Csm>,
    /// Connected accounts.
    pub vault: Vault,
    /// How it misbehaves.
    pub faults: Faults,
    /// Writes that landed, oldest first.
    pub ledger: Vec<LedgerEntry>,
    /// What was asked.
    pub calls: Calls,
}

/// A tool call as Scalekit gets it.
pub struct Call<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Whose account.
    pub identifier: &'a str,
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
    /// A world with nobody in it.
    pub fn empty() -> Self {
        Self {
            csms: BTreeMap::new(),
            vault: Vault::default(),
            faults: Faults::default(),
            ledger: Vec::new(),
            calls: Calls::default(),
        }
    }

    /// The world as it begins at this time.
    pub fn seeded(now_ms: i64) -> Self {
        let mut world = Self::empty();
        for seed in seeded() {
            world.add(seed, now_ms);
        }
        world
    }

    /// Adds a CSM, or makes one anew.
    pub fn add(&mut self, seed: CsmSeed, now_ms: i64) {
        let identifier = format!("user_{}", seed.sub);
        for connector in &seed.connectors {
            self.vault.put(&identifier, connector, "ACTIVE", now_ms);
        }
        let mut dice = Dice::of(&seed.sub);
        let mut hubspot = Hubspot::default();
        let mut zendesk = Zendesk::default();
        let mut linear = Linear::new(&format!("linear of {}", seed.sub));
        let apps = (&mut hubspot, &mut zendesk, &mut linear);
        seed::populate(&mut dice, seed.customers, now_ms, apps);
        let csm = Csm {
            seed,
            hubspot,
            zendesk,
            linear,
        };
        self.csms.insert(identifier, csm);
    }

    /// A CSM by `sub`.
    pub fn csm(&self, sub: &str) -> Option<&Csm> {
        self.csms.get(&format!("user_{sub}"))
    }

    /// All CSMs.
    pub fn csms(&self) -> impl Iterator<Item = &Csm> {
        self.csms.values()
    }

    /// Counts one request.
    pub fn count(&mut self, endpoint: &str) {
        *self.calls.endpoints.entry(endpoint.to_owned()).or_default() += 1;
    }

    /// Serves a tool call.
    pub fn execute(
        &mut self,
        call: &Call<'_>,
        fault: &Rule,
        now_ms: i64,
    ) -> Result<Executed, Refused> {
        *self.calls.tools.entry(call.tool.to_owned()).or_default() += 1;
        *self
            .calls
            .by_identifier
            .entry(call.identifier.to_owned())
            .or_default() += 1;
        let connector = catalogue::connector_of(call.tool).ok_or(Refused::UnknownTool)?;
        let violations = catalogue::violations(call.tool, call.params);
        if !violations.is_empty() {
            return Err(Refused::Invalid(violations));
        }
        self.check_account(call, connector, fault)?;
        if let Some(status) = fault.status.filter(|_| !fault.service) {
            let mut failure = provider_failure(status);
            if let Some(words) = &fault.says {
                failure.code.clone_from(words);
                failure.message.clone_from(words);
            }
            return Err(Refused::Provider(failure));
        }
        let lag = fault.search_lag_ms.unwrap_or(0);
        let csm = self.csms.get_mut(call.identifier);
        let csm = csm.ok_or_else(|| Refused::NoAccount(connector.to_owned()))?;
        let actor = Actor {
            name: csm.seed.name.clone(),
            email: format!("{}@acme.example", csm.seed.sub),
            now_ms,
        };
        let answer = match connector {
            "hubspot" => csm.hubspot.call(call.tool, call.params, &actor, lag),
            "zendesk" => csm.zendesk.call(call.tool, call.params, &actor),
            "linear" => csm.linear.call(call.tool, call.params, &actor),
            _ => None,
        };
        let answer = answer.unwrap_or_else(|| {
            Err(ToolFailure::new(
                501,
                "NOT_SIMULATED",
                "this world does not simulate the tool",
            ))
        });
        let answer = answer.map_err(Refused::Provider)?;
        if let Some(id) = answer.written {
            self.ledger.push(LedgerEntry {
                identifier: call.identifier.to_owned(),
                tool: call.tool.to_owned(),
                params: json!(call.params),
                id,
                at: iso(now_ms),
            });
        }
        Ok(Executed { data: answer.data })
    }

    fn check_account(
        &mut self,
        call: &Call<'_>,
        connector: &str,
        fault: &Rule,
    ) -> Result<(), Refused> {
        let dies = connector == "linear"
            && self
                .csms
                .get(call.identifier)
                .is_some_and(|csm| csm.seed.linear_dies);
        let account = self.vault.get_mut(call.identifier, connector);
        let account = account.ok_or_else(|| Refused::NoAccount(connector.to_owned()))?;
        account.revoked |= fault.revoke;
        let revoked = || {
            let message = format!("The {connector} access token was revoked");
            Err(Refused::Provider(ToolFailure::new(
                401,
                "AUTHENTICATION_ERROR",
                message,
            )))
        };
        if account.revoked {
            return revoked();
        }
        match account.status.as_str() {
            "ACTIVE" => {}
            "EXPIRED" => {
                let message = "The access token has expired";
                return Err(Refused::Provider(ToolFailure::new(
                    401,
                    "TOKEN_EXPIRED",
                    message,
                )));
            }
            "DISCONNECTED" => return revoked(),
            _ => return Err(Refused::NoAccount(connector.to_owned())),
        }
        if dies && !account.revived.contains(call.run) {
            // The first read of a run is served; then the credential is gone for that run.
            let first = account.dies_after.insert(call.run.to_owned());
            if !(first && Linear::is_read(call.tool, call.params)) {
                return revoked();
            }
        }
        Ok(())
    }

    /// Apps a CSM could connect.
    pub fn apps() -> [&'static str; 3] {
        APPS
    }
}

/// A provider's error of this status.
fn provider_failure(status: u16) -> ToolFailure {
    let (code, message) = match status {
        401 => ("UNAUTHORIZED", "The access token was rejected"),
        403 => ("SCOPE_INSUFFICIENT", "The token lacks a required scope"),
        429 => ("RATE_LIMITED", "You have reached your rate limit"),
        _ => ("INTERNAL_ERROR", "The provider had an internal error"),
    };
    ToolFailure::new(status, code, message)
}
