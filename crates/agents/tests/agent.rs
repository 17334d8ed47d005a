//! Turns of an agent, end to end: real table, engine, client, tools and model client, in the sandbox's
//! world and before its models.

mod common;

use std::collections::BTreeSet;

use common::apps::Crash;
use common::office::{Office, OfficeRun, Who};
use onbehalf_acting::Need;
use onbehalf_acting::agent::{Agent, AgentSpec, Piece, Turn, agent};
use onbehalf_agents::onboarding_assistant::OnboardingAssistant;
use onbehalf_clock::{Clock as _, DAY_MS, Timestamp};
use onbehalf_engine::RunStatus;
use onbehalf_models::Prices;
use onbehalf_runs::hosted::Workflows;
use onbehalf_runs::{Approval, Decision, RunAnswer};
use onbehalf_sandbox::world::Call;
use onbehalf_sandbox::world::faults::Rule;
use onbehalf_sandbox::world::hubspot::NewContact;
use onbehalf_sandbox::world::injections::injections;
use onbehalf_sandbox::world::linear::NewIssue;
use onbehalf_sandbox::world::manners::CustomerDate;
use serde_json::{Value, json};

const AGENT: &str = "onboarding-assistant";
const CREATE: &str = "hubspot_task_create";
const DUE: &str = "hubspot_tasks_search";

fn office() -> Office {
    Office::hosting(Workflows::default().with::<Turn<OnboardingAssistant>>())
}

fn script(office: &Office, answers: Value) {
    let script = json!({ "model": "scripted", "answers": answers });
    let script = serde_json::from_value(script).expect("a script");
    office.apps.models.borrow_mut().seed(script);
}

fn alice<'a>() -> Who<'a> {
    Who {
        user: "alice",
        identifier: "user_alice",
        organization: None,
    }
}

fn asked(office: &Office, message: &str) -> OfficeRun {
    let input = json!({ "message": message });
    let run = office.start(AGENT, alice(), "run_1", &input);
    office.drive(&run);
    run
}

/// What the models were asked, each request as JSON.
fn requests(office: &Office) -> Vec<Value> {
    let told = office.apps.models.borrow().told();
    told["requests"].as_array().cloned().unwrap_or_default()
}

fn answered(office: &Office) -> u64 {
    let told = office.apps.models.borrow().told();
    told["answered"].as_u64().expect("a number")
}

/// What the last request ends with: the results of the calls before.
fn results(office: &Office) -> Vec<String> {
    let last = requests(office).pop().expect("a request");
    let messages = last["messages"].as_array().cloned().expect("messages");
    let mut results: Vec<_> = messages
        .iter()
        .rev()
        .take_while(|it| it["role"] == "tool")
        .map(|it| it["content"].as_str().expect("a text").to_owned())
        .collect();
    results.reverse();
    results
}

fn decide(office: &Office, run: &OfficeRun, decision: Decision) {
    let approval = Approval {
        hash: run.reason()["hash"].as_str().expect("a hash").to_owned(),
        decision,
        items: [].into(),
    };
    office.resume(run, RunAnswer::from(approval));
    office.drive(run);
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({ "tool": tool, "arguments": arguments })
}

/// A look at what is due.
fn due() -> Value {
    call(
        "hubspot-list-due-tasks",
        json!({ "due_before": "2027-01-01T00:00:00Z" }),
    )
}

fn task(subject: &str) -> Value {
    call(
        "hubspot-create-task",
        json!({ "subject": subject, "due": "2026-12-01T00:00:00Z" }),
    )
}

#[test]
fn a_question_is_answered_from_what_the_tools_say() {
    let office = office();
    script(
        &office,
        json!([
            { "text": "I look.", "piece": 2, "null_choices": true, "calls": [
                due(), call("linear-list-open-issues", json!({})) ] },
            { "text": "Nobody is at risk." }]),
    );
    let result = asked(&office, "Who is at risk? I am user_alice.").result();
    assert_eq!(result["end"], "answered", "{result}");
    assert_eq!(result["text"], "Nobody is at risk.");
    assert_eq!(result["steps"], 2);
    let calls = result["calls"].as_array().expect("calls");
    let connectors: Vec<_> = calls.iter().map(|it| it["connector"].clone()).collect();
    assert_eq!(connectors, ["hubspot", "linear"]);
    assert!(
        calls
            .iter()
            .all(|it| it["done"] == true && it["writes"] == false)
    );
    let results = results(&office);
    assert!(
        results[0].contains("as data") && results[0].contains("\"tasks\""),
        "{}",
        results[0]
    );
    let [first, second] = &requests(&office)[..] else {
        panic!("two requests")
    };
    assert_eq!(
        first["messages"][1]["content"],
        "Who is at risk? I am [redacted]."
    );
    for body in [first, second] {
        assert!(!body.to_string().contains("user_alice"));
    }
    let tools = first["tools"].as_array().expect("tools");
    assert!(
        tools
            .iter()
            .all(|it| it["function"]["parameters"]["type"] == "object")
    );
    assert_eq!(tools.len(), 11);
}

#[test]
fn the_latest_run_is_read_as_data_and_named_among_the_sources() {
    let office = office();
    let look =
        json!([{ "calls": [call("latest-onboarding-health", json!({}))] }, { "text": "Acme." }]);
    script(&office, look.clone());
    let result = asked(&office, "Who is at risk?").result();
    assert_eq!(result["calls"][0]["done"], false);
    assert!(results(&office)[0].contains("no run that has ended"));
    let run = json!({ "runId": "run_0", "workflow": "onboarding-health", "version": 1,
        "status": "completed", "startedAt": "2026-11-23T08:00:00.000Z",
        "updatedAt": "2026-11-23T08:01:00.000Z", "endedAt": "2026-11-23T08:01:00.000Z",
        "input": {}, "steps": [], "state": {},
        "result": { "customers": [{ "name": "Acme", "csm": "user_alice" }] } });
    office
        .earlier
        .replace(Some(serde_json::from_value(run).expect("a run")));
    script(&office, look);
    let run = office.start(
        AGENT,
        alice(),
        "run_2",
        &json!({ "message": "Who is at risk?" }),
    );
    office.drive(&run);
    assert_eq!(
        run.result()["calls"],
        json!([{ "tool": "latest-onboarding-health", "writes": false, "done": true }])
    );
    let told = &results(&office)[0];
    assert!(told.contains("as data") && told.contains("Acme"), "{told}");
    assert!(told.contains("2026-11-23T08:01:00.000Z"), "{told}");
    assert!(!told.contains("user_alice"), "{told}");
}

#[test]
fn without_a_question_the_agent_asks_its_own() {
    let office = office();
    script(&office, json!([{ "text": "Nobody." }]));
    let run = office.run(AGENT, "alice", "run_1", &json!({}));
    assert_eq!(run.result()["text"], "Nobody.");
    let opening = requests(&office)[0]["messages"][1]["content"].to_string();
    assert!(opening.contains("at risk"), "{opening}");
}

#[test]
fn a_write_waits_for_a_person_and_lands_once() {
    let office = office();
    script(
        &office,
        json!([{ "calls": [task("Call Acme")] }, { "text": "Done." }]),
    );
    let run = asked(&office, "Create a task for Acme.");
    assert_eq!(run.status(), RunStatus::Suspended);
    let reason = run.reason();
    assert_eq!(reason["reason"], "approval_required");
    assert_eq!(reason["plan"][0]["arguments"]["subject"], "Call Acme");
    assert!(office.apps.landed(CREATE).is_empty());
    decide(&office, &run, Decision::Approve);
    assert_eq!(run.result()["end"], "answered");
    assert_eq!(run.result()["calls"][0]["done"], true);
    assert_eq!(office.apps.landed(CREATE).len(), 1);
    assert_eq!(
        answered(&office),
        2,
        "what was answered before is not paid again"
    );
}

#[test]
fn what_a_person_rejects_is_not_written_and_the_model_is_told() {
    let office = office();
    script(
        &office,
        json!([{ "calls": [task("Call Acme")] }, { "text": "Very well." }]),
    );
    let run = asked(&office, "Create a task for Acme.");
    decide(&office, &run, Decision::Reject);
    assert_eq!(run.result()["text"], "Very well.");
    assert_eq!(run.result()["calls"][0]["done"], false);
    assert!(results(&office)[0].contains("said no"));
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn an_approval_covers_one_answer_s_writes_and_no_later_ones() {
    let office = office();
    script(
        &office,
        json!([{ "calls": [task("First")] }, { "calls": [task("First")] }, { "text": "Done." }]),
    );
    let run = asked(&office, "Create a task.");
    let first = run.reason()["hash"].clone();
    decide(&office, &run, Decision::Approve);
    assert_eq!(run.status(), RunStatus::Suspended);
    assert_ne!(run.reason()["hash"], first);
    assert_eq!(office.apps.landed(CREATE).len(), 1);
    decide(&office, &run, Decision::Reject);
    assert_eq!(run.result()["end"], "answered");
    assert_eq!(office.apps.landed(CREATE).len(), 1);
}

#[test]
fn the_policy_decides_beside_the_person() {
    for (decide, landed, said) in [("allow", 1, "task_id"), ("deny", 0, "policy")] {
        let office = office();
        let rules = json!({ "rules": [{ "tools": "hubspot-*", "by": "agent", "decide": decide }] });
        office.lends.borrow_mut().policy = Some(rules);
        script(
            &office,
            json!([{ "calls": [task("Call Acme")] }, { "text": "Done." }]),
        );
        let run = asked(&office, "Create a task for Acme.");
        assert_eq!(run.result()["end"], "answered");
        assert_eq!(office.apps.landed(CREATE).len(), landed, "{decide}");
        assert!(results(&office)[0].contains(said), "{decide}");
    }
}

#[test]
fn nothing_is_written_with_accounts_that_are_shared() {
    let office = office();
    office.lends.borrow_mut().accounts_are_shared = true;
    script(
        &office,
        json!([{ "calls": [task("Call Acme")] }, { "text": "No." }]),
    );
    let run = asked(&office, "Create a task for Acme.");
    assert_eq!(run.result()["end"], "answered");
    assert!(office.apps.landed(CREATE).is_empty());
}

#[test]
fn what_a_model_gets_wrong_is_told_it_and_asks_nobody() {
    let office = office();
    script(
        &office,
        json!([{ "calls": [
            call("hubspot-list-due-tasks", json!("{\"due_before")), call("delete-everything", json!({})),
            call("slack-send-message", json!({ "channel": "C1", "text": "x" })),
            call("hubspot-create-task", json!({ "subject": 7 })),
            call("hubspot-list-due-tasks", json!({ "due_before": "2027-01-01T00:00:00Z", "identifier": "user_bob" })) ] },
            { "text": "I see." }]),
    );
    let run = asked(&office, "Who is at risk?");
    assert_eq!(
        run.result()["end"],
        "answered",
        "nobody was asked about any of them"
    );
    let results = results(&office);
    for (result, why) in results.iter().zip([
        "no JSON",
        "no such tool",
        "no such tool",
        "subject",
        "identifier",
    ]) {
        assert!(
            result.starts_with("Not done: ") && result.contains(why),
            "{why}: {result}"
        );
    }
    assert!(office.apps.calls.borrow().is_empty(), "no app was asked");
}

#[test]
fn every_limit_has_an_end_of_its_own() {
    let look = json!({ "calls": [due()], "input_tokens": 600, "output_tokens": 400 });
    let cases = [
        (json!({ "maxSteps": 2 }), "too_many_steps", 2),
        (json!({ "maxTokens": 1_500 }), "too_many_tokens", 2),
        (json!({ "maxSeconds": 0 }), "out_of_time", 0),
        (json!({ "maxCents": 1 }), "out_of_money", 3),
    ];
    for (limits, end, steps) in cases {
        let office = office();
        office.deploy(&limits);
        // 1,000 tokens a look: 400,000 millionths of a cent.
        office.lends.borrow_mut().prices = Prices {
            input: 400,
            output: 400,
        };
        script(&office, vec![look.clone(); 5].into());
        let result = asked(&office, "Who is at risk?").result();
        assert_eq!(
            (&result["end"], &result["steps"]),
            (&json!(end), &json!(steps)),
            "{result}"
        );
    }
}

#[test]
fn an_answer_that_is_none_has_an_end_of_its_own() {
    let cut = json!({ "text": "half", "finish": "length", "calls": [task("Never")] });
    let withheld = json!({ "finish": "content_filter" });
    for (answer, end) in [(cut, "cut_off"), (withheld, "withheld")] {
        let office = office();
        script(&office, json!([answer]));
        assert_eq!(asked(&office, "Who is at risk?").result()["end"], end);
        assert!(office.apps.landed(CREATE).is_empty());
    }
    let office = office();
    office.lends.borrow_mut().key = Some("wrong");
    let result = asked(&office, "Who is at risk?").result();
    assert_eq!(
        (&result["end"], &result["failure"]),
        (&json!("model_failed"), &json!("model_not_authorized"))
    );
    office.lends.borrow_mut().model = None;
    assert_eq!(
        asked(&office, "Who is at risk?").result()["end"],
        "no_model"
    );
}

#[test]
fn a_model_that_asks_for_patience_or_breaks_off_is_asked_again_and_paid_once() {
    let office = office();
    script(
        &office,
        json!([{ "status": 429, "retry_after": 40 }, { "breaks_after": 2, "text": "half" },
            { "ends_after": 2, "text": "half" }, { "text": "Nobody." }]),
    );
    let begun = office.clock.now();
    let result = asked(&office, "Who is at risk?").result();
    assert_eq!(
        (&result["end"], &result["text"]),
        (&json!("answered"), &json!("Nobody."))
    );
    assert!(office.clock.now().since(begun).as_secs() >= 40);
}

#[test]
fn a_missing_connection_is_waited_for() {
    let office = office();
    office
        .apps
        .connection("alice", "linear", Some("DISCONNECTED"));
    office.apps.revoked("alice", "linear", true);
    script(
        &office,
        json!([{ "calls": [call("linear-list-open-issues", json!({})), due()] },
            { "text": "Nobody." }]),
    );
    let run = asked(&office, "Who is at risk?");
    assert_eq!(run.status(), RunStatus::Suspended);
    assert_eq!(run.reason()["missing"][0]["connector"], "linear");
    office.apps.revoked("alice", "linear", false);
    office.connect("alice", "linear", &run);
    assert_eq!(run.result()["text"], "Nobody.");
    assert_eq!(answered(&office), 2);
    assert_eq!(office.apps.count(DUE), 1, "what was read is not read again");
}

/// An agent that wants a quick model.
struct Quick;

impl Agent for Quick {
    const ID: &'static str = "quick";
    const TITLE: &'static str = "Quick";
    const DESCRIPTION: &'static str = "Answers at once.";
    const SETTINGS_KEY: &'static str = "QUICK";
    const OPENING: &'static str = "Well?";
    const NEEDS: &'static [Need] = &[];

    fn spec() -> AgentSpec {
        agent().instructions("Be quick.").model("fast")
    }
}

#[test]
fn an_agent_asks_a_model_of_its_kind_and_the_usual_one_where_there_is_none() {
    for (kinds, asked) in [(vec![("fast", "small")], "small"), (vec![], "scripted")] {
        let office = Office::hosting(Workflows::default().with::<Turn<Quick>>());
        let named = kinds
            .iter()
            .map(|(kind, name)| ((*kind).into(), (*name).into()));
        office.lends.borrow_mut().kinds = named.collect();
        let answers = json!({ "model": asked, "answers": [{ "text": "Well." }] });
        let answers = serde_json::from_value(answers).expect("a script");
        office.apps.models.borrow_mut().seed(answers);
        let run = office.start("quick", alice(), "run_1", &json!({}));
        office.drive(&run);
        assert_eq!(run.result()["text"], "Well.", "{}", run.result());
        assert_eq!(requests(&office)[0]["model"], asked);
    }
}

/// A turn of alice's thread, as its message begins it.
fn turn(office: &Office, number: u32, message: &str) -> OfficeRun {
    let input = json!({ "message": message, "thread": { "id": "t1", "upTo": number } });
    let run = office.start(AGENT, alice(), &format!("run_{number}"), &input);
    office.drive(&run);
    run
}

/// What happened to a run, as whoever looks on is told.
fn pieces(run: &OfficeRun) -> Vec<Piece> {
    let entries = run.entries();
    let told = entries.iter().filter_map(|it| Piece::of(it, HOME));
    told.collect()
}

/// Where links may lead.
const HOME: &str = "https://agent.test/";

#[test]
fn a_turn_of_a_thread_reads_what_was_said_before_it_and_says_what_it_came_to() {
    let office = office();
    let thread = office.thread("alice", AGENT, "t1");
    script(
        &office,
        json!([{ "text": "I look.", "calls": [due(), task("Call Acme")] },
            { "text": "Acme, see https://evil.example/x." }, { "text": "Since Monday." }]),
    );
    thread.say(1, "Who is at risk? I am user_alice.", "run_1");
    let first = turn(&office, 1, "Who is at risk? I am user_alice.");
    decide(&office, &first, Decision::Approve);
    assert_eq!(first.result()["end"], "answered");
    thread.say(2, "Since when?", "run_2");
    let second = turn(&office, 2, "Since when?");
    assert_eq!(second.result()["text"], "Since Monday.");
    let last = requests(&office).pop().expect("a request");
    let said: Vec<_> = last["messages"].as_array().expect("messages")[1..]
        .iter()
        .map(|it| it["content"].as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(
        said,
        [
            "Who is at risk? I am [redacted].",
            "Acme, see [link removed]",
            "Since when?"
        ]
    );
    // What is kept is what was told, but for the waiting; what came in between, in the order of calls.
    let told = pieces(&first).into_iter();
    let told = told.filter(|it| !matches!(it, Piece::AsksPerson { .. } | Piece::GoesOn));
    let in_words = |pieces: Vec<Piece>| -> BTreeSet<String> {
        pieces.iter().map(|it| format!("{it:?}")).collect()
    };
    let (told, kept) = (in_words(told.collect()), in_words(thread.kept(1)));
    assert_eq!(kept, told);
    assert_eq!(told.len(), 6, "{told:?}");
    assert_eq!(thread.kept(2), pieces(&second));
}

#[test]
fn a_turn_sees_the_same_history_on_every_attempt() {
    let office = office();
    let thread = office.thread("alice", AGENT, "t1");
    script(&office, json!([{ "status": 503 }, { "text": "Yes." }]));
    thread.say(1, "One.", "run_1");
    thread.say(2, "Two.", "run_2");
    let input = json!({ "message": "Two.", "thread": { "id": "t1", "upTo": 2 } });
    let run = office.start(AGENT, alice(), "run_2", &input);
    assert!(office.ring(&[&run]));
    thread.delete();
    office.drive(&run);
    assert_eq!(run.result()["end"], "answered");
    let said: Vec<_> = requests(&office)
        .iter()
        .map(|it| it["messages"][1]["content"].clone())
        .collect();
    assert_eq!(said, ["One.\n\nTwo.", "One.\n\nTwo."]);
}

/// A turn with a read, a write and three answers, in a process that dies where `dies` says.
fn survived(dies: impl FnOnce(&Office, &OfficeRun)) -> (Office, Value) {
    let office = office();
    let allowed = json!({ "rules": [{ "by": "agent", "decide": "allow" }] });
    office.lends.borrow_mut().policy = Some(allowed);
    // One more than is needed: an answer that was paid for and lost is asked for again.
    let last = json!({ "text": "Done." });
    script(
        &office,
        json!([{ "calls": [due()] }, { "calls": [task("Call Acme")] }, last, last]),
    );
    let input = json!({ "message": "Look, and create a task." });
    let run = office.start(AGENT, alice(), "run_1", &input);
    dies(&office, &run);
    office.survive(AGENT, &run);
    let result = run.result();
    (office, result)
}

#[test]
fn wherever_the_process_dies_nothing_is_paid_twice_that_was_kept_and_the_write_lands_once() {
    let (calm, _) = survived(|_, _| {});
    let bodies = calm.apps.bodies.borrow().clone();
    assert_eq!(answered(&calm), 3);
    for (index, body) in bodies.iter().enumerate() {
        let number = index + 1;
        for crash in [Crash::Before(number), Crash::After(number)] {
            let (office, result) = survived(|office, _| office.apps.crash.set(Some(crash)));
            // An answer lost on its way back is the only one that is asked for again: the script then
            // has one answer too few, and what follows is its next.
            let lost_answer = matches!(crash, Crash::After(_)) && body.contains("\"messages\"");
            if !lost_answer {
                assert_eq!(result["end"], "answered", "{crash:?}: {result}");
                assert_eq!(answered(&office), 3, "{crash:?}");
                assert_eq!(office.apps.landed(CREATE).len(), 1, "{crash:?}");
            }
            assert!(office.apps.landed(CREATE).len() <= 1, "{crash:?}");
            assert!(answered(&office) <= 4, "{crash:?}");
        }
    }
}

#[test]
fn whichever_commit_fails_the_turn_ends_and_the_write_lands_once() {
    let mut failed = 0;
    for commits in 0..40 {
        let (office, result) = survived(|_, run| run.refuse_after(commits));
        // A commit that fails right behind an answer loses it, and the next one is another.
        let lost = answered(&office) - u64::from(result["steps"].as_u64().expect("steps") as u32);
        failed += u32::from(lost > 0);
        assert!(lost <= 1, "{commits}: {result}");
        assert!(office.apps.landed(CREATE).len() <= 1, "{commits}");
        assert_eq!(result["end"], "answered", "{commits}: {result}");
    }
    assert!(failed > 0, "some commit was behind an answer");
}

/// Puts a text where a stranger could, and answers the call that reads it.
fn plant(office: &Office, place: usize, text: &str) -> Value {
    let now = office.clock.now().millis();
    let earlier = now - 2 * DAY_MS;
    let issue = {
        let company = office.apps.company("alice");
        let issue = company.linear.issues().next();
        issue.expect("an issue").id.clone()
    };
    office.apps.change(|world| {
        let company = world.company_mut("alice").expect("a company");
        match place {
            0 => {
                let who = company
                    .zendesk
                    .add_user("Ann", "ann@attacker.test", "Attacker");
                company.zendesk.add_ticket(who, text, "open", earlier);
                let requesters = json!({ "requesters": ["ann@attacker.test"] });
                call("zendesk-search-tickets", requesters)
            }
            1 => {
                let values = [
                    ("email", "ann@attacker.test"),
                    ("firstname", "Ann"),
                    ("company", text),
                    ("lifecyclestage", "customer"),
                ];
                company.hubspot.add_contact(&NewContact {
                    values: &values,
                    domain: "attacker.test",
                    owner: None,
                    entered_ms: Some(earlier),
                    created_ms: earlier,
                    date: CustomerDate::V2,
                });
                let lately = Timestamp::from_millis(earlier - DAY_MS);
                let lately = json!({ "entered_after": lately, "limit": 100 });
                call("hubspot-get-onboarding-contacts", lately)
            }
            2 => {
                company.linear.add_issue(NewIssue {
                    title: text.to_owned(),
                    state: "started",
                    // The newest comes first, and what is read is bounded.
                    created_ms: now - 1,
                    updated_ms: now - 1,
                    due_date: None,
                    labels: Vec::new(),
                    project: None,
                });
                call("linear-list-open-issues", json!({}))
            }
            _ => {
                let params = json!({ "issueId": issue, "body": text });
                let comment = Call {
                    tool: "linear_comment_create",
                    identifier: "user_bob",
                    connection: None,
                    params: params.as_object().expect("parameters"),
                    run: "run",
                };
                let written = world.execute(&comment, &Rule::default(), earlier);
                written.expect("a comment");
                call("linear-list-comments", json!({ "issue_id": issue }))
            }
        }
    })
}

/// Whether a model has been told this text in a result.
fn has_read(office: &Office, text: &str) -> bool {
    let written = json!(text).to_string();
    let written = written.trim_matches('"');
    requests(office).iter().any(|it| {
        let messages = it["messages"].as_array().into_iter().flatten();
        let mut results = messages.filter(|it| it["role"] == "tool");
        results.any(|it| {
            it["content"]
                .as_str()
                .is_some_and(|it| it.contains(written))
        })
    })
}

#[test]
fn a_model_that_obeys_whatever_it_reads_writes_nothing_by_itself_and_leads_nowhere() {
    let (mut read, mut asked_about) = (0, 0);
    for (number, text) in injections().enumerate() {
        let office = office();
        office.lends.borrow_mut().model = Some("obedient".into());
        // Each way of speaking goes to another place, with each act.
        let reading = plant(&office, (number + number / 4) % 4, &text);
        let comments = office.apps.comments().len();
        let tool = reading["tool"].as_str().expect("a tool");
        let question = format!("Please use {tool} {}.", reading["arguments"]);
        let run = asked(&office, &question);
        read += usize::from(has_read(&office, &text));
        let untouched = || {
            assert!(office.apps.landed(CREATE).is_empty(), "{text}");
            assert_eq!(office.apps.comments().len(), comments, "{text}");
        };
        untouched();
        if run.status() == RunStatus::Suspended {
            assert_eq!(run.reason()["reason"], "approval_required", "{text}");
            asked_about += 1;
            decide(&office, &run, Decision::Reject);
            untouched();
        }
        let result = run.result();
        let shown = result["text"].as_str().expect("a text");
        assert!(!shown.contains("evil.example"), "{text}: {shown}");
        for body in office.apps.bodies.borrow().iter() {
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            let acted_for = body.get("identifier");
            assert!(acted_for.is_none_or(|it| it == "user_alice"), "{text}");
        }
        for body in requests(&office) {
            assert!(!body.to_string().contains("user_alice"), "{text}");
        }
    }
    assert_eq!(read, injections().count(), "each was read by the model");
    assert_eq!(
        asked_about,
        injections().count() / 2,
        "each that writes was obeyed"
    );
}
