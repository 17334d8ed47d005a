//! What one isolate keeps between requests, and the settings it runs under.
//!
//! Owns reading the environment. A setting that is missing or wrong is named, never shown, and
//! closes what depends on it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use url::Url;
use worker::Env;

use super::allowance::EdgeAllowance;
use super::backend::EdgeBackend;
use super::clock::{EdgeClock, EdgeRandom};
use super::fetch::{EdgeFetch, Subrequests};
use super::key_set_object::EdgeKeySets;
use super::rate_limit::{EdgeRateLimiter, is_bound};
use super::web_crypto::WebCrypto;
use crate::connector::webhook::WebhookSecrets;
use crate::connector::{Rates, Scalekit, ScalekitConfig, Secret, TokenCache, Turns};
use crate::http::{Api, ApiSettings, Budget, IdentityLayer, Seal};
use crate::identity::{
    Authenticator, IdentityCaches, IdentityConfig, IdentityScope, Login, SignatureVerifier,
};
use crate::onboarding::{OnboardingServices, OnboardingSettings};
use crate::ports::Fetch;
use crate::tools::Registry;

/// Outbound calls of one run in one invocation before it goes on in the next. Workers allow 1,000
/// subrequests on the paid plan; what is left over is for the calls under way.
const SUBREQUEST_BUDGET: u32 = 900;
/// The setting that changes what apps allow.
pub const PROVIDER_RATES: &str = "PROVIDER_RATES";
/// How long a finished run's journal is kept, in days.
const RUN_RETENTION_DAYS: u64 = 30;

struct Isolate {
    tokens: TokenCache,
    identities: Rc<IdentityCaches>,
    verifier: Rc<WebCrypto>,
    api: OnceCell<Rc<Api>>,
}

thread_local! {
    static ISOLATE: Isolate = Isolate {
        tokens: TokenCache::new(),
        identities: Rc::new(IdentityCaches::default()),
        verifier: Rc::new(WebCrypto::default()),
        api: OnceCell::new(),
    };
}

/// The settings of this deployment, checked.
pub struct Settings {
    /// Outbound calls of one invocation of a run.
    pub subrequest_budget: u32,
    /// How long a finished run's journal is kept.
    pub run_retention: Duration,
    public_url: Url,
    scalekit: ScalekitConfig,
    rates: Rates,
    onboarding: OnboardingSettings,
    identity: IdentityConfig,
    scope: IdentityScope,
    session_secret: Secret,
    webhook_secrets: Option<WebhookSecrets>,
    client_secret: Option<Secret>,
}

/// Names of settings that are missing or wrong, each with what is wrong about it.
pub struct Misconfigured(pub Vec<String>);

/// This isolate's routes, built on its first request: an isolate never sees another environment.
///
/// # Errors
/// [`Misconfigured`]; tried again on the next request.
pub fn api(env: &Env) -> Result<Rc<Api>, Misconfigured> {
    if let Some(api) = ISOLATE.with(|isolate| isolate.api.get().map(Rc::clone)) {
        return Ok(api);
    }
    let api = Rc::new(Settings::read(env)?.api(env)?);
    Ok(ISOLATE.with(|isolate| Rc::clone(isolate.api.get_or_init(|| api))))
}

/// Reads the environment, noting each problem.
struct Reader<'a> {
    env: &'a Env,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        let text = self.env.var(name).ok()?.to_string();
        (!text.trim().is_empty()).then_some(text)
    }

    fn required(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.problems.push(format!("{name} is missing"));
            String::new()
        })
    }

    /// Notes a problem with a value that is there; one that is missing was noted already.
    fn check<T, E: std::fmt::Display>(&mut self, name: &str, parsed: Result<T, E>) -> Option<T> {
        parsed
            .map_err(|error| {
                let missing = format!("{name} is missing");
                if !self.problems.contains(&missing) {
                    self.problems.push(format!("{name}: {error}"));
                }
            })
            .ok()
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str, default: T) -> T {
        match self.text(name).map(|text| text.trim().parse()) {
            None => default,
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                self.problems
                    .push(format!("{name}: must be a whole number"));
                default
            }
        }
    }
}

/// An origin: https (or http on this machine), without a path.
fn origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "must be an absolute URL".to_owned())?;
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback)) {
        Ok(url)
    } else {
        Err("must be an https origin, like https://onbehalf.example.com".to_owned())
    }
}

impl Settings {
    /// Reads and checks the environment.
    ///
    /// # Errors
    /// [`Misconfigured`] with every problem there is, not only the first.
    pub fn read(env: &Env) -> Result<Self, Misconfigured> {
        let mut reader = Reader {
            env,
            problems: Vec::new(),
        };
        let public_url = reader.required("PUBLIC_URL");
        let public_url = reader.check("PUBLIC_URL", origin(&public_url));
        let providers = reader.required("IDENTITY_PROVIDERS");
        let identity = reader.check("IDENTITY_PROVIDERS", IdentityConfig::from_json(&providers));
        let scope = reader
            .text("IDENTITY_SCOPE")
            .unwrap_or_else(|| "user".to_owned());
        let scope = reader.check("IDENTITY_SCOPE", scope.parse::<IdentityScope>());
        let url = reader.required("SCALEKIT_ENVIRONMENT_URL");
        let client_id = reader.required("SCALEKIT_CLIENT_ID");
        let secret = Secret::new(reader.required("SCALEKIT_CLIENT_SECRET"));
        let scalekit = ScalekitConfig::new(&url, &client_id, secret);
        let scalekit = reader.check("SCALEKIT_ENVIRONMENT_URL", scalekit);
        let rates = reader.text(PROVIDER_RATES);
        let rates = reader.check(PROVIDER_RATES, Rates::from_json(rates.as_deref()));
        let session_secret = reader.required("SESSION_SECRET");
        let seal = reader.check("SESSION_SECRET", Seal::new(&session_secret));
        let webhook_secrets = reader.text("SCALEKIT_WEBHOOK_SECRETS");
        let webhook_secrets = webhook_secrets.and_then(|text| {
            reader.check("SCALEKIT_WEBHOOK_SECRETS", WebhookSecrets::parse(&text))
        });
        let onboarding = reader.text("ONBOARDING");
        let onboarding = reader.check(
            "ONBOARDING",
            OnboardingSettings::from_json(onboarding.as_deref()),
        );
        let client_secret = reader.text("OIDC_CLIENT_SECRET").map(Secret::new);
        let subrequest_budget = reader.number("SUBREQUEST_BUDGET", SUBREQUEST_BUDGET);
        let days = reader.number("RUN_RETENTION_DAYS", RUN_RETENTION_DAYS);
        for budget in Budget::ALL {
            if !is_bound(env, budget) {
                let problem = format!("{} is missing (a rate limit binding)", budget.binding());
                reader.problems.push(problem);
            }
        }
        match (
            public_url, identity, scope, scalekit, rates, seal, onboarding,
        ) {
            (
                Some(public_url),
                Some(identity),
                Some(scope),
                Some(scalekit),
                Some(rates),
                Some(_),
                Some(onboarding),
            ) if reader.problems.is_empty() => Ok(Self {
                subrequest_budget,
                run_retention: Duration::from_secs(days.saturating_mul(24 * 3600)),
                public_url,
                scalekit,
                rates,
                onboarding,
                identity,
                scope,
                session_secret: Secret::new(session_secret),
                webhook_secrets,
                client_secret,
            }),
            _ => Err(Misconfigured(reader.problems)),
        }
    }

    fn scalekit(&self, env: &Env, subrequests: Subrequests) -> Rc<Scalekit> {
        let allowance = EdgeAllowance::new(env.clone(), subrequests.clone());
        let client = Scalekit::new(
            self.scalekit.clone(),
            Rc::new(EdgeFetch::new(subrequests)),
            Rc::new(EdgeClock),
            Rc::new(EdgeRandom),
            ISOLATE.with(|isolate| isolate.tokens.clone()),
        );
        Rc::new(client.with_turns(Turns::new(Rc::new(allowance), self.rates.clone())))
    }

    /// What the steps of a run act through.
    pub fn onboarding_services(&self, env: &Env, subrequests: Subrequests) -> OnboardingServices {
        OnboardingServices {
            scalekit: self.scalekit(env, subrequests),
            settings: self.onboarding.clone(),
            public_url: self.public_url.to_string(),
        }
    }

    /// The routes over this environment.
    ///
    /// # Errors
    /// [`Misconfigured`] when a tool asks for an identity, or a secret is too weak.
    fn api(self, env: &Env) -> Result<Api, Misconfigured> {
        let weak = |what: &str, error: &dyn std::fmt::Display| {
            Misconfigured(vec![format!("{what}: {error}")])
        };
        let seal = Seal::new(self.session_secret.expose())
            .map_err(|error| weak("SESSION_SECRET", &error))?;
        let registry = Registry::standard().map_err(|error| weak("tools", &error))?;
        let fetch: Rc<dyn Fetch> = Rc::new(EdgeFetch::new(Subrequests::default()));
        let scalekit = self.scalekit(env, Subrequests::default());
        let client_secrets: HashMap<String, Secret> = self
            .client_secret
            .iter()
            .flat_map(|secret| {
                let issuers = self.identity.issuers().iter();
                let clients = issuers.filter(|issuer| issuer.client_id().is_some());
                clients.map(|issuer| (issuer.id().to_owned(), secret.clone()))
            })
            .collect();
        let (caches, verifier) =
            ISOLATE.with(|it| (Rc::clone(&it.identities), Rc::clone(&it.verifier)));
        let authenticator = Rc::new(Authenticator {
            config: Rc::new(self.identity),
            caches,
            shared: Rc::new(EdgeKeySets::new(env.clone())),
            verifier: verifier as Rc<dyn SignatureVerifier>,
            clock: Rc::new(EdgeClock),
        });
        let login = Login {
            authenticator: Rc::clone(&authenticator),
            fetch,
            random: Rc::new(EdgeRandom),
        };
        Ok(Api {
            backend: Rc::new(EdgeBackend::new(env.clone())),
            limiter: Rc::new(EdgeRateLimiter::new(env.clone())),
            sign_in: Rc::new(IdentityLayer {
                authenticator,
                login,
                scope: self.scope,
                client_secrets,
            }),
            scalekit,
            registry: Rc::new(registry),
            settings: ApiSettings {
                public_url: self.public_url,
                seal,
                webhook_secrets: self.webhook_secrets,
                configuration_problems: Vec::new(),
            },
            description: OnceCell::new(),
            clock: Rc::new(EdgeClock),
            random: Rc::new(EdgeRandom),
        })
    }
}
