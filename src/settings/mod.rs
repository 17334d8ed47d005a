//! The settings of a deployment: read once, checked as a whole.
//!
//! Owns the names of all settings and what makes each of them good. Every problem is found at
//! once; each names its setting and never shows a value. Refuses to know where settings come from
//! and what is built from them.

mod login_secrets;
mod models;
mod reader;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

pub use models::{ModelSettings, Ways};
use onbehalf_acting::Lent;
use onbehalf_agents::onboarding::{OnboardingHealth, OnboardingSettings};
use onbehalf_agents::workflows;
use onbehalf_connector::webhook::WebhookSecrets;
use onbehalf_connector::{ConfigError, Connectors, Rates, ScalekitConfig, Secret};
use onbehalf_http::{ApprovalWebhook, Budget, Seal};
use onbehalf_identity::{IdentityConfig, IdentityScope};
use onbehalf_runs::ApprovalMode;
use onbehalf_runs::hosted::{Hosted, WorkflowList};
use onbehalf_runs::tool_call::{TOOL_POLICY, ToolPolicy};
use onbehalf_tools::{CatalogueSettings, TOOL_CATALOGUE};
use reader::Reader;
pub use reader::{Misconfigured, SettingProblem};

/// The setting that changes what apps allow.
const PROVIDER_RATES: &str = "PROVIDER_RATES";

/// Outbound calls of one run in one invocation before it goes on in the next. Workers allow 1,000
/// subrequests on the paid plan; what is left over is for the calls under way.
const SUBREQUEST_BUDGET: u32 = 900;
/// The most subrequests a plan can be set to allow.
const MAX_SUBREQUEST_BUDGET: u32 = 10_000;
/// How long a finished run's journal is kept, in days; 0 is gone as soon as it ended.
const RUN_RETENTION_DAYS: u32 = 30;
/// Ten years: whoever wants a journal for longer should keep it elsewhere.
const MAX_RUN_RETENTION_DAYS: u32 = 3650;
const SECONDS_OF_A_DAY: u64 = 24 * 3600;
/// Over how many minutes the starts of one tick are spread: 10,000 users are eleven a second.
const SCHEDULE_SPREAD_MINUTES: u32 = 15;
/// More would let a sweep, some times an hour, come before the last start of its tick.
const MAX_SCHEDULE_SPREAD_MINUTES: u32 = 60;
/// How long a schedule lives without a sign of its user, in days.
const SCHEDULE_LIFETIME_DAYS: u32 = 90;
const MAX_SCHEDULE_LIFETIME_DAYS: u32 = 3650;
/// How long after its end a direct write is taken for the same one, in minutes: models and their
/// clients repeat a call within seconds or not at all, and a person who means it twice says so later.
const TOOL_REPEAT_MINUTES: u32 = 10;
/// A day: half as long as what was asked for is remembered.
const MAX_TOOL_REPEAT_MINUTES: u32 = 24 * 60;

/// Where settings come from.
pub trait Environment {
    /// A variable or a secret.
    fn text(&self, name: &str) -> Option<String>;
    /// Whether the rate limit of this budget is bound.
    fn has_rate_limit(&self, budget: Budget) -> bool;
    /// Whether there is a binding of this name that models are run through.
    fn has_binding(&self, name: &str) -> bool;
}

/// The settings of this deployment, checked.
pub struct Settings {
    /// The address people and providers reach this service under: an origin.
    pub public_url: Url,
    /// The Scalekit environment.
    pub scalekit: ScalekitConfig,
    /// What each app allows a user.
    pub rates: Rates,
    /// Each workflow's own settings, as text that its line of the table has checked, by variable.
    pub workflows: BTreeMap<&'static str, String>,
    /// The trusted issuers; at least one.
    pub identity: IdentityConfig,
    /// Whose connected accounts are used.
    pub scope: IdentityScope,
    /// Keys for cookies and cursors.
    pub seal: Seal,
    /// Keys of Scalekit's webhooks; without them, none is accepted.
    pub webhook_secrets: Option<WebhookSecrets>,
    /// Who may make which call of a tool.
    pub tool_policy: ToolPolicy,
    /// How long HubSpot's search may lag behind what is written.
    pub hubspot_lag: Duration,
    /// What is open of Scalekit's catalogue.
    pub tool_catalogue: CatalogueSettings,
    /// How long after its end a direct write is taken for the same one.
    pub tool_repeats_within: Duration,
    /// Where the operator wants to be told of what waits for a decision.
    pub approval_webhook: Option<ApprovalWebhook>,
    /// Client secrets for signing in with a browser, by issuer.
    pub login_secrets: HashMap<String, Secret>,
    /// The language models that agents ask, if any.
    pub model: Option<ModelSettings>,
    /// Outbound calls of one invocation of a run.
    pub subrequest_budget: u32,
    /// How long a finished run's journal is kept.
    pub run_retention: Duration,
    /// Over how long the starts of one tick are spread.
    pub schedule_spread: Duration,
    /// How long a schedule lives without a sign of its user.
    pub schedule_lifetime: Duration,
}

/// What each app allows, for an object that needs nothing else. A setting that is wrong is reported
/// where all are read; until it is mended, what the apps' documents say counts.
pub fn rates(environment: &impl Environment) -> Rates {
    let setting = environment.text(PROVIDER_RATES);
    Rates::from_json(setting.as_deref()).unwrap_or_default()
}

impl Settings {
    /// Reads and checks all of them.
    ///
    /// # Errors
    /// [`Misconfigured`] with every problem there is, not only the first.
    pub fn read(environment: &impl Environment) -> Result<Self, Misconfigured> {
        let mut reader = Reader::new(environment);
        let public_url = reader.required("PUBLIC_URL", origin);
        let scope = reader.optional("IDENTITY_SCOPE", str::parse);
        let identity = reader.required("IDENTITY_PROVIDERS", |text| {
            issuers(text, scope.unwrap_or_default())
        });
        let scalekit = scalekit(&mut reader);
        let rates = reader.optional(PROVIDER_RATES, |text| Rates::from_json(Some(text)));
        let seal = reader.required("SESSION_SECRET", Seal::new);
        let webhook_secrets = reader.optional("SCALEKIT_WEBHOOK_SECRETS", WebhookSecrets::parse);
        let approval_webhook = approval_webhook(&mut reader);
        let model = ModelSettings::read(&mut reader);
        let mut tuned = BTreeMap::new();
        for workflow in workflows().list().iter() {
            let key = workflow.settings_key();
            let text = reader.optional(key, |text| {
                workflow
                    .check_settings(Some(text))
                    .map(|()| text.to_owned())
            });
            tuned.extend(text.map(|text| (key, text)));
        }
        let login_secrets = reader.optional("OIDC_CLIENT_SECRET", |text| match &identity {
            Some(identity) => login_secrets::read(text, identity),
            // What is wrong with the issuers is said already.
            None => Ok(HashMap::new()),
        });
        let subrequest_budget = reader.optional("SUBREQUEST_BUDGET", |text| {
            whole_number(text, 1..=MAX_SUBREQUEST_BUDGET)
        });
        let retention_days = reader.optional("RUN_RETENTION_DAYS", |text| {
            whole_number(text, 0..=MAX_RUN_RETENTION_DAYS)
        });
        let spread_minutes = reader.optional("SCHEDULE_SPREAD_MINUTES", |text| {
            whole_number(text, 0..=MAX_SCHEDULE_SPREAD_MINUTES)
        });
        let lifetime_days = reader.optional("SCHEDULE_LIFETIME_DAYS", |text| {
            whole_number(text, 1..=MAX_SCHEDULE_LIFETIME_DAYS)
        });
        let repeat_minutes = reader.optional("TOOL_REPEAT_MINUTES", |text| {
            whole_number(text, 0..=MAX_TOOL_REPEAT_MINUTES)
        });
        if let Some(identity) = &identity {
            let policy = ToolPolicy::from_json(tuned.get(TOOL_POLICY).map(String::as_str));
            let is_kept = |name: &str| {
                let mut issuers = identity.issuers().iter();
                issuers.any(|issuer| issuer.kept_claims().iter().any(|it| it == name))
            };
            if let Some(stray) = policy.unwrap_or_default().stray_claim(is_kept) {
                let reason = format!("no entry of IDENTITY_PROVIDERS names {stray} in its claims");
                reader.note_wrong(TOOL_POLICY, &reason);
            }
        }
        let catalogue = reader.optional(TOOL_CATALOGUE, |text| {
            CatalogueSettings::from_json(Some(text))
        });
        if let (Some(catalogue), Some(scalekit)) = (&catalogue, &scalekit)
            && let Some(stray) = catalogue.stray(scalekit.connectors())
        {
            let reason = format!("{stray} is no connector of CONNECTORS");
            reader.note_wrong(TOOL_CATALOGUE, &reason);
        }
        if let (Some(rates), Some(scalekit)) = (&rates, &scalekit)
            && let Some(lane) = rates.stray(scalekit.connectors())
        {
            let reason = format!("{} is a lane of no connector", lane.name());
            reader.note_wrong(PROVIDER_RATES, &reason);
        }
        for budget in Budget::ALL {
            if !environment.has_rate_limit(budget) {
                reader.note_missing(budget.binding());
            }
        }
        let problems = reader.finish();
        match (public_url, identity, scalekit, seal) {
            (Some(public_url), Some(identity), Some(scalekit), Some(seal))
                if problems.is_empty() =>
            {
                let days_long = |days: u32| Duration::from_secs(u64::from(days) * SECONDS_OF_A_DAY);
                let minutes_long = |minutes: u32| Duration::from_secs(u64::from(minutes) * 60);
                // What is wrong with it was found with the settings of all workflows.
                let policy = ToolPolicy::from_json(tuned.get(TOOL_POLICY).map(String::as_str));
                let spread = spread_minutes.unwrap_or(SCHEDULE_SPREAD_MINUTES);
                Ok(Self {
                    public_url,
                    scalekit,
                    rates: rates.unwrap_or_default(),
                    tool_policy: policy.unwrap_or_default(),
                    hubspot_lag: hubspot_lag(&tuned),
                    tool_catalogue: catalogue.unwrap_or_default(),
                    tool_repeats_within: minutes_long(
                        repeat_minutes.unwrap_or(TOOL_REPEAT_MINUTES),
                    ),
                    workflows: tuned,
                    identity,
                    scope: scope.unwrap_or(IdentityScope::User),
                    seal,
                    webhook_secrets,
                    approval_webhook,
                    model,
                    login_secrets: login_secrets.unwrap_or_default(),
                    subrequest_budget: subrequest_budget.unwrap_or(SUBREQUEST_BUDGET),
                    run_retention: days_long(retention_days.unwrap_or(RUN_RETENTION_DAYS)),
                    schedule_spread: minutes_long(spread),
                    schedule_lifetime: days_long(lifetime_days.unwrap_or(SCHEDULE_LIFETIME_DAYS)),
                })
            }
            _ => Err(Misconfigured(problems)),
        }
    }
}

impl Settings {
    /// What works as it is set, and may not be meant.
    pub fn notes(&self) -> Vec<String> {
        let shared = self.scope == IdentityScope::Org;
        let issuers = self.identity.issuers().iter().enumerate();
        let without = issuers.filter(|(_, issuer)| shared && !issuer.has_keepers());
        without
            .map(|(entry, _)| {
                format!(
                    "IDENTITY_PROVIDERS: entry {entry} names no role of an account keeper \
                     (roles.account_keeper), so none of its people can connect the organization's \
                     accounts or write with them directly"
                )
            })
            .collect()
    }

    /// The approval that each workflow's settings demand of its runs.
    pub fn demanded(&self, hosted: &WorkflowList) -> BTreeMap<&'static str, ApprovalMode> {
        let demanded = hosted.iter().map(|workflow| {
            let settings = self.workflows.get(workflow.settings_key());
            let demanded = workflow.demanded(settings.map(String::as_str));
            (workflow.id(), demanded)
        });
        demanded.collect()
    }
}

/// Three settings that only make sense together; each that is missing is named by itself.
fn scalekit(reader: &mut Reader<'_, impl Environment>) -> Option<ScalekitConfig> {
    let as_it_is = |text: &str| Ok::<_, String>(text.to_owned());
    let url = reader.required("SCALEKIT_ENVIRONMENT_URL", as_it_is);
    let id = reader.required("SCALEKIT_CLIENT_ID", as_it_is);
    let secret = reader.required("SCALEKIT_CLIENT_SECRET", as_it_is);
    let secret = Secret::new(secret.unwrap_or_default());
    let names = reader.optional("CONNECTORS", |text| Connectors::from_json(Some(text)));
    match ScalekitConfig::new(&url?, &id.unwrap_or_default(), secret) {
        Ok(config) => Some(config.with_connectors(names.unwrap_or_default())),
        // One of the two was noted as missing.
        Err(ConfigError::EmptyCredential) => None,
        Err(error @ ConfigError::EnvironmentUrl) => {
            reader.note_wrong("SCALEKIT_ENVIRONMENT_URL", &error);
            None
        }
    }
}

/// Two settings that only make sense together; the one that is missing is named.
fn approval_webhook(reader: &mut Reader<'_, impl Environment>) -> Option<ApprovalWebhook> {
    const URL: &str = "APPROVAL_WEBHOOK_URL";
    const SECRETS: &str = "APPROVAL_WEBHOOK_SECRETS";
    let (url, secrets) = (reader.is_set(URL), reader.is_set(SECRETS));
    if url != secrets {
        reader.note_missing(if url { SECRETS } else { URL });
    }
    let url = reader.optional(URL, ApprovalWebhook::url);
    let secrets = reader.optional(SECRETS, WebhookSecrets::parse);
    Some(ApprovalWebhook::new(url?, secrets?))
}

/// What the onboarding agent is told of HubSpot's search holds for whoever writes there.
fn hubspot_lag(tuned: &BTreeMap<&'static str, String>) -> Duration {
    let text = tuned.get(<OnboardingHealth as Hosted<Lent>>::SETTINGS_KEY);
    // What is wrong with it was found with the settings of all workflows.
    let settings = OnboardingSettings::from_json(text.map(String::as_str)).unwrap_or_default();
    Duration::from_secs(settings.reconcile_after_seconds.into())
}

/// Whether what is sent there can be read by nobody on the way: https, or http on this machine.
fn is_safe(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// An origin: https (or http on this machine), without a path.
fn origin(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(|_| "must be an absolute URL")?;
    let plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain && is_safe(&url) {
        Ok(url)
    } else {
        Err("must be an https origin, like https://onbehalf.example.com")
    }
}

/// The trusted issuers, fit for this scope. None at all would close every door, which nobody
/// deploys on purpose.
fn issuers(text: &str, scope: IdentityScope) -> Result<IdentityConfig, String> {
    let config = IdentityConfig::from_json(text).map_err(|error| error.to_string())?;
    config
        .check_scope(scope)
        .map_err(|error| error.to_string())?;
    if config.issuers().is_empty() {
        return Err("names no issuer, so nobody could get in".into());
    }
    Ok(config)
}

fn whole_number(text: &str, allowed: RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|number| allowed.contains(number))
        .ok_or_else(|| {
            let (lowest, highest) = (allowed.start(), allowed.end());
            format!("must be a whole number from {lowest} to {highest}")
        })
}

#[cfg(test)]
mod tests;
