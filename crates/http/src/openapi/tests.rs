use std::collections::HashSet;

use serde_json::{Value, json};
use url::Url;

use super::schemas::Schemas;
use super::*;
use crate::operation::Operation;
use crate::routes::ROUTES;
use onbehalf_connector::Connectors;
use onbehalf_runs::hosted::WorkflowList;
use onbehalf_tools::Registry;

fn on_offer() -> (Registry, WorkflowList) {
    let tools = Registry::standard().expect("tools");
    (tools, crate::testkit::workflows())
}

fn sample() -> Value {
    let (tools, workflows) = on_offer();
    let offered = Offered {
        tools: &tools,
        workflows: &workflows,
    };
    let described = Descriptions::of(&offered).expect("descriptions");
    let url = Url::parse("https://onbehalf.test/").expect("url");
    fill_in(&described.document, &url, &Connectors::default()).expect("a document")
}

#[test]
fn a_deployment_fills_in_where_it_is_and_which_apps_it_has() {
    let document = sample();
    assert_eq!(
        document["servers"],
        json!([{ "url": "https://onbehalf.test" }])
    );
    let cookie = &document["components"]["securitySchemes"]["session"]["name"];
    assert_eq!(cookie, "__Host-onbehalf_session");
    let connect = document["paths"]["/connect/{connector}"].as_object();
    for (method, operation) in connect.expect("the connect pages") {
        let apps = &operation["parameters"][0]["schema"]["enum"];
        assert_eq!(apps[0], "hubspot", "{method}");
    }
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = sample();
    let described: HashSet<(String, String)> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.map(move |method| (method.to_ascii_uppercase(), path.clone()))
        })
        .collect();
    let routed: HashSet<_> = ROUTES
        .iter()
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(described, routed);
}

#[test]
fn every_parameter_of_a_path_is_described() {
    let document = sample();
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        let described: HashSet<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let named: HashSet<&str> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        assert_eq!(described, named, "{}", route.path);
    }
}

#[test]
fn every_operation_has_an_id_of_its_own_and_an_answer() {
    let document = sample();
    let mut ids = HashSet::new();
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        let id = operation["operationId"].as_str().expect("id").to_owned();
        assert!(ids.insert(id.clone()), "{id}");
        let responses = operation["responses"].as_object().expect("responses");
        let good = responses
            .keys()
            .any(|status| status.starts_with(['2', '3']));
        assert!(good, "{id}");
        for (status, response) in responses {
            assert!(
                response["description"]
                    .as_str()
                    .is_some_and(|it| !it.is_empty()),
                "{id} {status}"
            );
        }
        let security = &operation["security"];
        let (bearer, page) = (
            json!({ "bearer": [] }),
            json!({ "session": [], "forgeryToken": [] }),
        );
        let expected = match route.path {
            crate::mcp::PATH => json!([bearer]),
            "/auth/session" => json!([{ "session": [] }]),
            path if path.starts_with("/api/") => json!([bearer, page]),
            path if path.starts_with("/webhooks") => json!([]),
            // Whoever is not signed in sees these too, or is sent to sign in.
            _ => {
                assert!(!responses.contains_key("401"), "{id}");
                continue;
            }
        };
        assert_eq!(security, &expected, "{id}");
        assert!(responses.contains_key("401"), "{id}");
    }
}

#[test]
fn what_is_counted_says_that_it_may_be_too_much() {
    let document = sample();
    for route in ROUTES {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        let refused = &operation["responses"]["429"];
        let counted = match route.operation {
            Operation::Open(operation) => operation.budget().is_some(),
            Operation::Browser(_) | Operation::Api(_) => true,
        };
        assert_eq!(refused.is_object(), counted, "{}", route.path);
        let wait = refused["headers"]["Retry-After"].is_object();
        assert_eq!(wait, counted, "{}", route.path);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.push(reference);
                }
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let document = sample();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let Some(pointer) = reference.strip_prefix("#/components") else {
            panic!("{reference} leads out of the components");
        };
        let target = document.pointer(&format!("/components{pointer}"));
        assert!(target.is_some(), "{reference}");
    }
}

#[test]
fn no_name_stands_for_two_schemas() {
    let mut schemas = Schemas::new();
    let (tools, workflows) = on_offer();
    let offered = Offered {
        tools: &tools,
        workflows: &workflows,
    };
    for route in ROUTES {
        operations::describe(route.operation, &mut schemas, &offered);
    }
    let (_, clash) = schemas.finish();
    assert!(!clash);
}

#[test]
fn requests_refuse_unknown_fields_on_paper_too() {
    let schemas = &sample()["components"]["schemas"];
    for name in [
        "onboarding-health.input",
        "morning-brief.input",
        "ResumeRequest",
        "ConnectRequest",
    ] {
        assert_eq!(
            schemas[name]["additionalProperties"],
            json!(false),
            "{name}"
        );
    }
    assert!(schemas["onboarding-health.input"]["properties"]["onMissingConnector"].is_object());
    assert!(schemas["Problem"]["properties"]["type"].is_object());
}
