//! What a deployment may be set to, and what is said about it when it may not.

use std::collections::BTreeMap;

use super::*;

const ISSUER: &str = "https://idp.test";

struct Fake {
    texts: BTreeMap<&'static str, String>,
    unbound: Option<Budget>,
}

impl Environment for Fake {
    fn text(&self, name: &str) -> Option<String> {
        self.texts.get(name).cloned()
    }

    fn has_rate_limit(&self, budget: Budget) -> bool {
        self.unbound != Some(budget)
    }

    fn has_binding(&self, name: &str) -> bool {
        name == "AI"
    }
}

fn good() -> Fake {
    let providers = format!(
        r#"[{{"provider": "oidc", "issuer": "{ISSUER}", "audience": "x", "client_id": "c"}}]"#
    );
    let texts = [
        ("PUBLIC_URL", "https://onbehalf.test"),
        ("IDENTITY_PROVIDERS", &providers),
        ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.test"),
        ("SCALEKIT_CLIENT_ID", "skc_1"),
        ("SCALEKIT_CLIENT_SECRET", "shh"),
        ("SESSION_SECRET", "7d1f0c94be2a6358e07b41d9a35c82f6"),
    ];
    Fake {
        texts: texts.map(|(name, text)| (name, text.to_owned())).into(),
        unbound: None,
    }
}

fn with(name: &'static str, text: &str) -> Fake {
    let mut fake = good();
    fake.texts.insert(name, text.to_owned());
    fake
}

fn problems(fake: &Fake) -> Misconfigured {
    Settings::read(fake).err().expect("a problem")
}

#[test]
fn an_object_that_needs_rates_alone_reads_them_alone() {
    let tight = r#"{"hubspot": {"burst": 4, "perMinute": 9}}"#;
    let read = Settings::read(&with(PROVIDER_RATES, tight)).expect("settings");
    assert_eq!(rates(&with(PROVIDER_RATES, tight)), read.rates);
    assert_eq!(rates(&good()), Rates::default());
    assert_eq!(rates(&with(PROVIDER_RATES, "wrong")), Rates::default());
    assert_ne!(read.rates, Rates::default());
}

#[test]
fn what_is_optional_has_defaults() {
    let settings = Settings::read(&good()).expect("settings");
    assert_eq!(settings.subrequest_budget, 900);
    assert_eq!(settings.run_retention, Duration::from_secs(30 * 24 * 3600));
    assert_eq!(settings.scope, IdentityScope::User);
    let gone_at_once = Settings::read(&with("RUN_RETENTION_DAYS", "0"));
    let retention = gone_at_once.expect("settings").run_retention;
    assert_eq!(retention, Duration::ZERO);
    assert!(settings.webhook_secrets.is_none() && settings.login_secrets.is_empty());
    for name in ["ONBOARDING", "OIDC_CLIENT_SECRET", "RUN_RETENTION_DAYS"] {
        assert!(
            Settings::read(&with(name, " \n")).is_ok(),
            "{name} is blank"
        );
    }
}

#[test]
fn the_policy_for_tools_is_read_with_the_rest_and_named_when_it_is_wrong() {
    let settings = Settings::read(&good()).expect("settings");
    assert_eq!(settings.tool_policy, ToolPolicy::default());
    assert_eq!(settings.tool_repeats_within, Duration::from_secs(600));
    let deny = r#"{"rules": [{"tools": "slack-*", "decide": "deny"}]}"#;
    let settings = Settings::read(&with("TOOL_POLICY", deny)).expect("settings");
    assert_ne!(settings.tool_policy, ToolPolicy::default());
    for (name, wrong) in [
        ("TOOL_POLICY", r#"{"rules": [{"decide": "perhaps"}]}"#),
        ("TOOL_POLICY", "[]"),
        ("TOOL_REPEAT_MINUTES", "1441"),
        ("TOOL_REPEAT_MINUTES", "soon"),
    ] {
        let problems = problems(&with(name, wrong)).public();
        let expected = format!("{name} cannot be used; the log says why");
        assert_eq!(problems, [expected], "{wrong}");
    }
}

#[test]
fn the_catalogue_is_read_with_the_rest_and_opens_only_what_is_configured() {
    let settings = Settings::read(&good()).expect("settings");
    assert!(settings.tool_catalogue.is_empty());
    let open = |connector: &str| {
        let rules = format!(r#"{{"rules": [{{"connector": "{connector}", "tools": ["x_*"]}}]}}"#);
        with("TOOL_CATALOGUE", &rules)
    };
    let settings = Settings::read(&open("slack")).expect("settings");
    assert!(!settings.tool_catalogue.is_empty());
    for wrong in [open("notion"), with("TOOL_CATALOGUE", "[]")] {
        let expected = "TOOL_CATALOGUE cannot be used; the log says why";
        assert_eq!(problems(&wrong).public(), [expected]);
    }
}

#[test]
fn a_policy_about_a_claim_that_no_token_is_asked_for_is_named() {
    let about = r#"{"rules": [{"claim": {"groups": "admins"}, "decide": "deny"}]}"#;
    let mut fake = with("TOOL_POLICY", about);
    let expected = "TOOL_POLICY cannot be used; the log says why";
    assert_eq!(problems(&fake).public(), [expected]);
    let providers = format!(
        r#"[{{"provider": "oidc", "issuer": "{ISSUER}", "audience": "x", "claims": ["groups"]}}]"#
    );
    fake.texts.insert("IDENTITY_PROVIDERS", providers);
    assert!(Settings::read(&fake).is_ok());
}

#[test]
fn a_model_is_read_with_its_key_and_the_one_behind_it() {
    let model = |base: &str| {
        format!(r#"{{"dialect": "chat-completions", "baseUrl": "{base}", "model": "some"}}"#)
    };
    let read = |fake: &Fake| Settings::read(fake).map(|it| it.model.is_some());
    assert_eq!(read(&good()), Ok(false));
    let mut fake = with("MODEL", &model("https://models.example.com/v1"));
    assert_eq!(read(&fake), Ok(true));
    fake.texts.insert("MODEL_API_KEY", "sk-1".into());
    let second = model("http://localhost:9/v1");
    fake.texts.insert("FALLBACK_MODEL", second.clone());
    assert_eq!(read(&fake), Ok(true));
    let alone = problems(&with("FALLBACK_MODEL", &second)).public();
    assert_eq!(alone, ["MODEL is missing"]);
    for wrong in [
        model("http://models.example.com"),
        model("https://sk-1@models.example.com"),
        model("https://models.example.com/?key=sk-1"),
        r#"{"dialect": "latin", "baseUrl": "https://models.example.com", "model": "some"}"#.into(),
        "[]".into(),
    ] {
        let problems = problems(&with("MODEL", &wrong));
        let expected = "MODEL cannot be used; the log says why";
        assert_eq!(problems.public(), [expected], "{wrong}");
        assert!(!problems.to_string().contains("sk-1"), "{problems}");
    }
}

#[test]
fn models_of_a_kind_stand_beside_the_usual_one_and_have_some_behind_them() {
    let model = |kinds: &str| {
        format!(
            r#"{{"dialect": "chat-completions", "baseUrl": "https://models.example.com/v1",
                "model": "some", "kinds": {{{kinds}}}}}"#
        )
    };
    let mut fake = with("MODEL", &model(r#""fast": {"model": "small"}"#));
    assert!(Settings::read(&fake).is_ok());
    let behind = |kind: &str| model(&format!(r#""{kind}": {{"model": "tiny"}}"#));
    fake.texts.insert("FALLBACK_MODEL", behind("fast"));
    assert!(Settings::read(&fake).is_ok());
    fake.texts.insert("FALLBACK_MODEL", behind("slow"));
    let expected = "FALLBACK_MODEL cannot be used; the log says why";
    assert_eq!(problems(&fake).public(), [expected]);
    for wrong in [
        model(r#""fast": "small""#),
        model(r#""fast": {"model": ""}"#),
    ] {
        let expected = "MODEL cannot be used; the log says why";
        assert_eq!(problems(&with("MODEL", &wrong)).public(), [expected]);
    }
}

#[test]
fn a_model_of_the_platform_is_reached_through_a_binding_that_is_there() {
    let model = |rest: &str| format!(r#"{{"model": "@cf/some", "dialect": {rest}}}"#);
    let bound = with("MODEL", &model(r#""workers-ai", "binding": "AI""#));
    assert!(Settings::read(&bound).is_ok_and(|it| it.model.is_some()));
    for wrong in [
        model(r#""workers-ai", "binding": "IA""#),
        model(r#""workers-ai""#),
        model(r#""chat-completions", "binding": "AI""#),
        model(r#""workers-ai", "binding": "AI", "baseUrl": "https://models.example.com""#),
    ] {
        let expected = "MODEL cannot be used; the log says why";
        assert_eq!(
            problems(&with("MODEL", &wrong)).public(),
            [expected],
            "{wrong}"
        );
    }
}

#[test]
fn what_the_onboarding_agent_is_told_of_hubspot_holds_for_direct_writes() {
    let lag = |fake: &Fake| Settings::read(fake).expect("settings").hubspot_lag;
    assert_eq!(lag(&good()), Duration::from_secs(90));
    let measured = with("ONBOARDING", r#"{"reconcileAfterSeconds": 7}"#);
    assert_eq!(lag(&measured), Duration::from_secs(7));
}

#[test]
fn a_workflows_settings_say_what_approval_its_runs_wait_for() {
    let hosted = onbehalf_agents::workflows().list();
    let demanded = |fake: &Fake| Settings::read(fake).expect("settings").demanded(&hosted);
    assert_eq!(demanded(&good())["onboarding-health"], ApprovalMode::None);
    let strict = with("ONBOARDING", r#"{"approval": "four_eyes"}"#);
    assert_eq!(
        demanded(&strict)["onboarding-health"],
        ApprovalMode::FourEyes
    );
    assert_eq!(demanded(&strict)["morning-brief"], ApprovalMode::None);
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let empty = Fake {
        texts: BTreeMap::new(),
        unbound: Some(Budget::Runs),
    };
    let missing = [
        "PUBLIC_URL is missing",
        "IDENTITY_PROVIDERS is missing",
        "SCALEKIT_ENVIRONMENT_URL is missing",
        "SCALEKIT_CLIENT_ID is missing",
        "SCALEKIT_CLIENT_SECRET is missing",
        "SESSION_SECRET is missing",
        "LIMIT_RUNS is missing",
    ];
    assert_eq!(problems(&empty).public(), missing);
    assert_eq!(problems(&empty).to_string(), missing.join("; "));
}

#[test]
fn a_blank_setting_is_a_missing_one() {
    for name in good().texts.keys() {
        let found = problems(&with(name, "  "));
        assert_eq!(found.public(), [format!("{name} is missing")]);
    }
}

/// Everybody may ask `/health`; the reason is for the operator's log, the value for nobody.
#[test]
fn what_is_wrong_is_named_and_never_shown() {
    let secret = "hunter2hunter2";
    for (name, text) in [
        ("PUBLIC_URL", "http://hunter2hunter2.test"),
        ("PUBLIC_URL", "https://u:hunter2hunter2@onbehalf.test"),
        ("PUBLIC_URL", "https://onbehalf.test/hunter2hunter2"),
        ("PUBLIC_URL", "hunter2hunter2"),
        ("IDENTITY_PROVIDERS", "hunter2hunter2"),
        ("IDENTITY_PROVIDERS", "\"hunter2hunter2\""),
        ("IDENTITY_PROVIDERS", "[\"hunter2hunter2\"]"),
        ("IDENTITY_PROVIDERS", "[]"),
        (
            "IDENTITY_PROVIDERS",
            r#"[{"provider": "oidc", "issuer": "http://hunter2hunter2.test", "audience": "x"}]"#,
        ),
        ("IDENTITY_SCOPE", "hunter2hunter2"),
        ("SCALEKIT_ENVIRONMENT_URL", "http://hunter2hunter2.test"),
        ("SESSION_SECRET", "hunter2hunter2"),
        ("SCALEKIT_WEBHOOK_SECRETS", "hunter2hunter2"),
        ("SCALEKIT_WEBHOOK_SECRETS", "whsec_hunter2hunter2"),
        ("OIDC_CLIENT_SECRET", "{hunter2hunter2"),
        (
            "OIDC_CLIENT_SECRET",
            r#"{"https://other.test": "hunter2hunter2"}"#,
        ),
        ("PROVIDER_RATES", "\"hunter2hunter2\""),
        (
            "PROVIDER_RATES",
            r#"{"hubspt": {"burst": 4, "perMinute": 9}}"#,
        ),
        ("CONNECTORS", "\"hunter2hunter2\""),
        ("MORNING_BRIEF", "\"hunter2hunter2\""),
        ("ONBOARDING", "\"hunter2hunter2\""),
        ("ONBOARDING", r#"{"windowDays": "hunter2hunter2"}"#),
        ("SUBREQUEST_BUDGET", "hunter2hunter2"),
        ("SUBREQUEST_BUDGET", "0"),
        ("SUBREQUEST_BUDGET", "10001"),
        ("SUBREQUEST_BUDGET", "-1"),
        ("RUN_RETENTION_DAYS", "-1"),
        ("RUN_RETENTION_DAYS", "3651"),
        ("RUN_RETENTION_DAYS", "18446744073709551616"),
    ] {
        let found = problems(&with(name, text));
        let public = format!("{name} cannot be used; the log says why");
        assert_eq!(found.public(), [public], "{text}");
        let logged = found.to_string();
        assert!(!logged.contains(secret), "{logged}");
        assert_eq!(logged.matches(name).count(), 1, "{logged}");
        assert!(logged.len() > name.len() + 10, "{logged} gives no reason");
    }
}

#[test]
fn a_wrong_address_and_a_missing_secret_are_both_said() {
    let mut fake = with("SCALEKIT_ENVIRONMENT_URL", "http://acme.test");
    fake.texts.remove("SCALEKIT_CLIENT_SECRET");
    let names: Vec<_> = problems(&fake).0.into_iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        ["SCALEKIT_CLIENT_SECRET", "SCALEKIT_ENVIRONMENT_URL"]
    );
}

#[test]
fn every_budget_needs_its_limit() {
    for budget in Budget::ALL {
        let fake = Fake {
            unbound: Some(budget),
            ..good()
        };
        let missing = format!("{} is missing", budget.binding());
        assert_eq!(problems(&fake).public(), [missing]);
    }
}

#[test]
fn no_provider_is_sent_the_secret_of_another() {
    let two = r#"[
        {"provider": "oidc", "issuer": "https://a.test", "audience": "x", "client_id": "a"},
        {"provider": "oidc", "issuer": "https://b.test", "audience": "x", "client_id": "b",
         "namespace": "b"}
    ]"#;
    let read = |secrets: &str| {
        let mut fake = with("IDENTITY_PROVIDERS", two);
        fake.texts.insert("OIDC_CLIENT_SECRET", secrets.to_owned());
        Settings::read(&fake).map(|settings| settings.login_secrets)
    };
    assert!(read("shh").is_err(), "one secret, two providers");
    let secrets = read(r#"{"https://b.test": "for b"}"#).expect("secrets");
    assert_eq!(secrets.get("https://b.test"), Some(&Secret::new("for b")));
    assert_eq!(secrets.len(), 1);
    let one = Settings::read(&with("OIDC_CLIENT_SECRET", "shh"));
    let one = one.expect("settings").login_secrets;
    assert_eq!(one.get(ISSUER), Some(&Secret::new("shh")));
}

#[test]
fn a_secret_for_signing_in_without_anybody_to_sign_in_with_is_a_mistake() {
    let providers = format!(r#"[{{"provider": "oidc", "issuer": "{ISSUER}", "audience": "x"}}]"#);
    let mut fake = with("IDENTITY_PROVIDERS", &providers);
    assert!(Settings::read(&fake).is_ok());
    fake.texts.insert("OIDC_CLIENT_SECRET", "shh".into());
    assert!(Settings::read(&fake).is_err());
}

#[test]
fn shared_accounts_that_nobody_keeps_are_noted() {
    let notes = |more: &str, scope: &str| {
        let mut fake = good();
        let entry =
            format!(r#"[{{"provider": "oidc", "issuer": "{ISSUER}", "audience": "x"{more}}}]"#);
        fake.texts.insert("IDENTITY_PROVIDERS", entry);
        fake.texts.insert("IDENTITY_SCOPE", scope.to_owned());
        Settings::read(&fake).expect("good settings").notes()
    };
    let keeper = r#", "roles": {"claim": "roles", "account_keeper": "keeper"}"#;
    let approver = r#", "roles": {"claim": "roles", "approver": "boss"}"#;
    assert_eq!(notes("", "user"), Vec::<String>::new());
    assert_eq!(notes(keeper, "org"), Vec::<String>::new());
    for more in ["", approver] {
        let said = notes(more, "org");
        assert!(
            said.len() == 1 && said[0].contains("roles.account_keeper"),
            "{said:?}"
        );
        assert!(!said[0].contains(ISSUER));
    }
}
