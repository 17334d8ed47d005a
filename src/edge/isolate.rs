//! What one isolate keeps between requests, and what is built from the settings.
//!
//! Owns putting the layers together. What makes a setting good is for [`crate::settings`] to say.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use worker::Env;

use super::ai_binding::{self, AiBinding};
use super::binding::EdgeCarrier;
use super::clock::{EdgeClock, EdgeRandom};
use super::fetch::{EdgeFetch, Subrequests};
use super::files::EdgeFiles;
use super::key_set_object::EdgeDocuments;
use super::rate_limit::{EdgeRateLimiter, is_bound};
use super::sign_in_object::EdgeSignInMemory;
use super::web_crypto::WebCrypto;
use crate::descriptions::{self, DESCRIPTIONS};
use crate::rules::DeploymentRules;
use crate::settings::{self, Environment, Misconfigured, Settings, Ways};
use onbehalf_acting::Lent;
use onbehalf_acting::Means;
use onbehalf_agents::workflows;
use onbehalf_connector::{Rates, Scalekit, TokenCache, TurnMemory, Turns};
use onbehalf_fetch::Fetch;
use onbehalf_http::{Api, ApiSettings, ApprovalWebhook, Budget, IdentityLayer, Streams};
use onbehalf_identity::{
    Authenticator, IdentityCaches, IdentityScope, Login, Namespaces, SignInMemory,
    SignatureVerifier,
};
use onbehalf_models::{Binding, ToolOffer};
use onbehalf_runs::portal::{Portals, SharedClaims, SharedTurns};
use onbehalf_runs::run::EarlierRuns;
use onbehalf_runs::thread::Threads;
use onbehalf_runs::{Carrier, Objects};
use onbehalf_tools::{Catalogue, Registry};

struct Isolate {
    tokens: TokenCache,
    turns: TurnMemory,
    identities: Rc<IdentityCaches>,
    verifier: Rc<WebCrypto>,
    api: OnceCell<Rc<Api>>,
    rules: OnceCell<Rc<DeploymentRules>>,
    namespaces: OnceCell<Namespaces>,
    rates: OnceCell<Rc<Rates>>,
    approval_webhook: OnceCell<Option<Rc<ApprovalWebhook>>>,
    tools: OnceCell<Rc<Registry>>,
    offers: OnceCell<Rc<Vec<ToolOffer>>>,
    /// Whether the log says what is wrong with the settings: once is enough for an isolate.
    complained: Cell<bool>,
}

thread_local! {
    static ISOLATE: Isolate = Isolate {
        tokens: TokenCache::new(),
        turns: TurnMemory::default(),
        identities: Rc::new(IdentityCaches::default()),
        verifier: Rc::new(WebCrypto::default()),
        api: OnceCell::new(),
        rules: OnceCell::new(),
        namespaces: OnceCell::new(),
        rates: OnceCell::new(),
        approval_webhook: OnceCell::new(),
        tools: OnceCell::new(),
        offers: OnceCell::new(),
        complained: Cell::new(false),
    };
}

/// This isolate's routes, built on its first request: an isolate never sees another environment.
///
/// # Errors
/// [`Misconfigured`]; tried again on the next request.
pub fn api(env: &Env) -> Result<Rc<Api>, Misconfigured> {
    if let Some(api) = ISOLATE.with(|isolate| isolate.api.get().map(Rc::clone)) {
        return Ok(api);
    }
    let built = Settings::read(env).and_then(|settings| settings.api(env));
    let api = Rc::new(built.inspect_err(complain)?);
    Ok(ISOLATE.with(|isolate| Rc::clone(isolate.api.get_or_init(|| api))))
}

/// This deployment's rules for starts. Settings do not change while an isolate lives.
pub fn rules(env: &Env) -> Rc<DeploymentRules> {
    let namespaces = namespaces(env);
    ISOLATE.with(|isolate| {
        let read = || Rc::new(DeploymentRules::of(Settings::read(env), namespaces));
        Rc::clone(isolate.rules.get_or_init(read))
    })
}

/// What this isolate knows of namespaces.
fn namespaces(env: &Env) -> Namespaces {
    let fresh = || Namespaces::new(Rc::new(EdgeSignInMemory::new(env.clone())));
    ISOLATE.with(|isolate| isolate.namespaces.get_or_init(fresh).clone())
}

/// What the tools take, as models are told. What this program has written it can read.
fn offers() -> Rc<Vec<ToolOffer>> {
    ISOLATE.with(|isolate| {
        let read = || Rc::new(descriptions::offers().unwrap_or_default());
        Rc::clone(isolate.offers.get_or_init(read))
    })
}

/// What the apps allow.
pub fn rates(env: &Env) -> Rc<Rates> {
    let read = || Rc::new(settings::rates(env));
    ISOLATE.with(|isolate| Rc::clone(isolate.rates.get_or_init(read)))
}

/// Where the operator wants to be told of approvals, if anywhere.
///
/// # Errors
/// [`Misconfigured`]: nobody knows where, for now.
pub fn approval_webhook(env: &Env) -> Result<Option<Rc<ApprovalWebhook>>, Misconfigured> {
    if let Some(known) = ISOLATE.with(|isolate| isolate.approval_webhook.get().cloned()) {
        return Ok(known);
    }
    let read = Settings::read(env)?.approval_webhook.map(Rc::new);
    Ok(ISOLATE.with(|isolate| isolate.approval_webhook.get_or_init(|| read).clone()))
}

/// The tools on offer, for the routes and for every run alike.
///
/// # Errors
/// [`Misconfigured`] when two have one name.
fn tools(settings: &Settings) -> Result<Rc<Registry>, Misconfigured> {
    if let Some(known) = ISOLATE.with(|isolate| isolate.tools.get().cloned()) {
        return Ok(known);
    }
    let shipped = Registry::standard().map_err(|error| Misconfigured::because("tools", &error))?;
    let built = shipped
        .with_hubspot_lag(settings.hubspot_lag)
        .with_catalogue(Rc::new(Catalogue::new(settings.tool_catalogue.clone())));
    Ok(ISOLATE.with(|isolate| Rc::clone(isolate.tools.get_or_init(|| Rc::new(built)))))
}

fn complain(wrong: &Misconfigured) {
    if !ISOLATE.with(|isolate| isolate.complained.replace(true)) {
        super::log::warn("misconfigured", &[("settings", &wrong.to_string())]);
    }
}

/// The way to what the users of a portal share, and who shares which.
fn means_to_share(env: &Env, subrequests: &Subrequests) -> (Rc<dyn Carrier>, Portals) {
    let carrier = EdgeCarrier::new(env.clone(), subrequests.clone());
    let carrier: Rc<dyn Carrier> = Rc::new(carrier);
    let portals = Portals::new(Rc::clone(&carrier), Rc::new(EdgeClock));
    (carrier, portals)
}

impl Environment for Env {
    fn text(&self, name: &str) -> Option<String> {
        Some(self.var(name).ok()?.to_string())
    }

    fn has_rate_limit(&self, budget: Budget) -> bool {
        is_bound(self, budget)
    }

    fn has_binding(&self, name: &str) -> bool {
        ai_binding::is_bound(self, name)
    }
}

/// What is lent to a run of what is its owner's here.
pub struct Own {
    /// Their threads.
    pub threads: Rc<dyn Threads>,
    /// Their earlier runs.
    pub runs: Rc<dyn EarlierRuns>,
}

impl Settings {
    fn scalekit(
        &self,
        carrier: &Rc<dyn Carrier>,
        portals: &Portals,
        subrequests: Subrequests,
    ) -> Rc<Scalekit> {
        let allowance = SharedTurns::new(Rc::clone(carrier), portals.clone());
        let client = Scalekit::new(
            self.scalekit.clone(),
            Rc::new(EdgeFetch::new(subrequests)),
            Rc::new(EdgeClock),
            Rc::new(EdgeRandom),
            ISOLATE.with(|isolate| isolate.tokens.clone()),
        );
        let turns = Turns::new(Rc::new(allowance), self.rates.clone())
            .remembering(ISOLATE.with(|isolate| isolate.turns.clone()));
        Rc::new(
            client
                .with_turns(turns)
                .with_log(Rc::new(super::log::Calls)),
        )
    }

    /// What is lent to a run, whatever its workflow is.
    pub fn lent(&self, env: &Env, subrequests: Subrequests, own: Own) -> Lent {
        let bound = |name: &str| {
            let binding = AiBinding::new(env.clone(), name, subrequests.clone());
            Rc::new(binding) as Rc<dyn Binding>
        };
        let ways = Ways {
            fetch: Rc::new(EdgeFetch::new(subrequests.clone())),
            binding: &bound,
            clock: Rc::new(EdgeClock),
        };
        let models = self.model.as_ref().map(|it| it.lend(&ways));
        Lent {
            models: models.unwrap_or_default(),
            means: self.means(env, subrequests.clone()),
            offers: offers(),
            policy: self.tool_policy.clone(),
            threads: own.threads,
            runs: own.runs,
            accounts_are_shared: self.scope == IdentityScope::Org,
        }
    }

    fn means(&self, env: &Env, subrequests: Subrequests) -> Means {
        let (carrier, portals) = means_to_share(env, &subrequests);
        Means {
            scalekit: self.scalekit(&carrier, &portals, subrequests),
            claims: Rc::new(SharedClaims::new(carrier)),
            portals,
            // Two tools of one name were reported where the routes are built.
            tools: tools(self).unwrap_or_default(),
            public_url: self.public_url.to_string(),
        }
    }

    /// The routes over this environment.
    ///
    /// # Errors
    /// [`Misconfigured`] when a tool asks for an identity.
    fn api(self, env: &Env) -> Result<Api, Misconfigured> {
        let registry = tools(&self)?;
        let fetch: Rc<dyn Fetch> = Rc::new(EdgeFetch::new(Subrequests::default()));
        let uncounted = Subrequests::default();
        let (carrier, portals) = means_to_share(env, &uncounted);
        let scalekit = self.scalekit(&carrier, &portals, uncounted);
        let (caches, verifier) =
            ISOLATE.with(|it| (Rc::clone(&it.identities), Rc::clone(&it.verifier)));
        let notes = self.notes();
        let authenticator = Rc::new(Authenticator {
            config: Rc::new(self.identity),
            caches,
            shared: Rc::new(EdgeDocuments::new(env.clone())),
            verifier: verifier as Rc<dyn SignatureVerifier>,
            clock: Rc::new(EdgeClock),
        });
        let login = Login {
            authenticator: Rc::clone(&authenticator),
            fetch,
            random: Rc::new(EdgeRandom),
            scope: self.scope,
        };
        let memory: Rc<dyn SignInMemory> = Rc::new(EdgeSignInMemory::new(env.clone()));
        Ok(Api {
            backend: Rc::new(Objects::new(carrier)),
            limiter: Rc::new(EdgeRateLimiter::new(env.clone())),
            sign_in: Rc::new(IdentityLayer {
                authenticator,
                login,
                scope: self.scope,
                client_secrets: self.login_secrets,
                namespaces: namespaces(env),
            }),
            memory,
            files: Rc::new(EdgeFiles::new(env.clone())),
            scalekit,
            registry,
            workflows: workflows().list(),
            settings: ApiSettings {
                public_url: self.public_url,
                seal: self.seal,
                webhook_secrets: self.webhook_secrets,
                tool_policy: self.tool_policy,
                tool_repeats_within: self.tool_repeats_within,
                tuned: self.workflows,
                notes,
            },
            streams: Streams::default(),
            descriptions: DESCRIPTIONS,
            published: OnceCell::new(),
            clock: Rc::new(EdgeClock),
            random: Rc::new(EdgeRandom),
        })
    }
}
