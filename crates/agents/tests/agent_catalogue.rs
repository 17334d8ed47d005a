//! An agent with tools of Scalekit's catalogue, end to end in the sandbox's world: offered as far as the
//! operator opens them and the person has them, and its writes put before a person and made once.

mod common;

use std::rc::Rc;

use common::apps::Crash;
use common::office::{Office, OfficeRun, Who};
use onbehalf_acting::agent::Turn;
use onbehalf_agents::onboarding_assistant::OnboardingAssistant;
use onbehalf_engine::RunStatus;
use onbehalf_runs::hosted::Workflows;
use onbehalf_runs::{Approval, Decision, RunAnswer};
use onbehalf_tools::{Catalogue, CatalogueSettings, Registry};
use serde_json::{Value, json};

const AGENT: &str = "onboarding-assistant";
const LIST: &str = "github_issues_list";
const CREATE: &str = "github_issue_create";

/// An office that opens GitHub's issues, and where alice has connected it.
fn office() -> Office {
    let office = Office::hosting(Workflows::default().with::<Turn<OnboardingAssistant>>());
    let rules = json!({ "rules": [{"connector": "github", "tools": ["github_issue*"]}] });
    let settings = CatalogueSettings::from_json(Some(&rules.to_string())).expect("settings");
    let tools = Registry::standard().expect("tools");
    let tools = tools.with_catalogue(Rc::new(Catalogue::new(settings)));
    office.tools.replace(Rc::new(tools));
    office.apps.connection("alice", "github", Some("ACTIVE"));
    office
}

fn begun(office: &Office, answers: &Value) -> OfficeRun {
    let script = json!({ "model": "scripted", "answers": answers });
    let script = serde_json::from_value(script).expect("a script");
    office.apps.models.borrow_mut().seed(script);
    let alice = Who {
        user: "alice",
        identifier: "user_alice",
        organization: None,
    };
    office.start(
        AGENT,
        alice,
        "run_1",
        &json!({ "message": "Look at GitHub." }),
    )
}

fn asked(office: &Office, answers: &Value) -> OfficeRun {
    let run = begun(office, answers);
    office.drive(&run);
    run
}

fn call(tool: &str, arguments: &Value) -> Value {
    json!({ "tool": tool, "arguments": arguments })
}

fn issues() -> Value {
    call(LIST, &json!({"owner": "org-acme", "repo": "onboarding"}))
}

fn issue(title: &str) -> Value {
    let arguments = json!({"owner": "org-acme", "repo": "onboarding", "title": title});
    call(CREATE, &arguments)
}

/// The names of the tools in the first request to the model.
fn offered(office: &Office) -> Vec<String> {
    let told = office.apps.models.borrow().told();
    let tools = told["requests"][0]["tools"].as_array().cloned();
    let tools = tools.expect("tools").into_iter();
    let name = |tool: Value| tool["function"]["name"].as_str().map(str::to_owned);
    tools.filter_map(name).collect()
}

/// What the model was told last of its calls.
fn told(office: &Office) -> String {
    let told = office.apps.models.borrow().told();
    let requests = told["requests"].as_array().expect("requests");
    requests.last().expect("a request")["messages"].to_string()
}

fn approve(office: &Office, run: &OfficeRun) {
    let approval = Approval {
        hash: run.reason()["hash"].as_str().expect("a hash").to_owned(),
        decision: Decision::Approve,
        items: [].into(),
    };
    office.resume(run, RunAnswer::from(approval));
    office.drive(run);
}

#[test]
fn what_is_opened_and_connected_is_offered_beside_the_typed_tools() {
    let open = office();
    let run = asked(
        &open,
        &json!([{ "calls": [issues()] }, { "text": "None." }]),
    );
    assert_eq!(run.result()["end"], "answered", "{}", run.result());
    assert_eq!(run.result()["calls"][0]["tool"], LIST);
    assert_eq!(run.result()["calls"][0]["done"], true);
    assert_eq!(open.apps.count(LIST), 1);
    let names = offered(&open);
    for expected in ["hubspot-create-task", LIST, CREATE] {
        assert!(names.iter().any(|it| it == expected), "{names:?}");
    }
    assert!(!told(&open).contains("user_alice"));

    let unconnected = office();
    unconnected.apps.connection("alice", "github", None);
    asked(&unconnected, &json!([{ "text": "Nothing." }]));
    let names = offered(&unconnected);
    assert!(
        !names.iter().any(|it| it.starts_with("github")),
        "{names:?}"
    );
}

#[test]
fn a_write_waits_for_a_person_and_lands_once() {
    let office = office();
    let run = asked(
        &office,
        &json!([{ "calls": [issue("Import")] }, { "text": "Done." }]),
    );
    assert_eq!(run.status(), RunStatus::Suspended);
    assert_eq!(run.reason()["reason"], "approval_required");
    assert_eq!(run.reason()["plan"][0]["arguments"]["title"], "Import");
    assert!(office.apps.landed(CREATE).is_empty());
    approve(&office, &run);
    assert_eq!(run.result()["end"], "answered", "{}", run.result());
    assert_eq!(office.apps.landed(CREATE).len(), 1);
}

#[test]
fn what_a_model_gets_wrong_is_told_it() {
    let office = office();
    let closed = call(
        "github_repo_get",
        &json!({"owner": "org-acme", "repo": "onboarding"}),
    );
    let unfit = call(CREATE, &json!({"owner": "org-acme", "repo": 7}));
    let run = asked(
        &office,
        &json!([{ "calls": [closed, unfit] }, { "text": "I see." }]),
    );
    assert_eq!(run.result()["end"], "answered");
    let told = told(&office);
    assert!(told.contains("there is no such tool"), "{told}");
    assert!(told.contains("its arguments were not accepted"), "{told}");
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn an_app_that_is_missing_is_waited_for() {
    let office = office();
    office.apps.connection("alice", "github", None);
    let run = asked(
        &office,
        &json!([{ "calls": [issues()] }, { "text": "None." }]),
    );
    assert_eq!(run.status(), RunStatus::Suspended);
    assert_eq!(run.reason()["missing"][0]["connector"], "github");
}

#[test]
fn wherever_the_process_dies_a_write_lands_once() {
    let survived = |crash: Option<Crash>| {
        let office = office();
        let allowed = json!({ "rules": [{ "by": "agent", "decide": "allow" }] });
        office.lends.borrow_mut().policy = Some(allowed);
        let last = json!({ "text": "Done." });
        let run = begun(
            &office,
            &json!([{ "calls": [issue("Import")] }, last, last]),
        );
        office.apps.crash.set(crash);
        office.survive(AGENT, &run);
        (office, run.result())
    };
    let (calm, _) = survived(None);
    let bodies = calm.apps.bodies.borrow().clone();
    for (index, body) in bodies.iter().enumerate() {
        let number = index + 1;
        for crash in [Crash::Before(number), Crash::After(number)] {
            let (office, result) = survived(Some(crash));
            let landed = office.apps.landed(CREATE).len();
            // An answer that was lost on its way back is paid for again, and the script's next.
            let lost_answer = matches!(crash, Crash::After(_)) && body.contains("\"messages\"");
            assert!(landed <= 1, "{crash:?}: {landed}");
            if !lost_answer {
                assert_eq!(result["end"], "answered", "{crash:?}: {result}");
            }
        }
    }
}
