//! The way in for Scalekit's SDKs: the same answers as by REST, in gRPC's frames.
//!
//! The bytes of requests are written out here field by field, as the SDK sends them.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use common::{BASE, Client, body};
use onbehalf_sandbox::grpc::{self, Answer};
use onbehalf_sandbox::service::Request;
use serde_json::{Value, json};

/// A field of bytes: its number, its length, itself.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("short");
    assert!(length < 128, "one byte of length");
    [&[number << 3 | 2, length][..], bytes].concat()
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("short");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

fn call(client: &mut Client, method: &str, message: &[u8]) -> Answer {
    let headers = vec![
        (
            "authorization".to_owned(),
            format!("Bearer {}", client.token),
        ),
        (
            "content-type".to_owned(),
            "application/grpc+proto".to_owned(),
        ),
    ];
    let request = Request::new("POST", method, headers, framed(message));
    assert!(grpc::is_call(&request));
    match grpc::to_rest(&request) {
        Ok(rest) => {
            let reply = client.service.handle(&rest, client.now, BASE);
            grpc::from_rest(&request, &reply).expect("an answer of Scalekit's")
        }
        Err(answer) => answer,
    }
}

const EXECUTE: &str = "/scalekit.v1.tools.ToolService/ExecuteTool";

/// `tool_name`, `identifier`, and `params` with one text.
fn execute(tool: &str, param: Option<(&str, &str)>) -> Vec<u8> {
    let params = param.map(|(name, text)| {
        let value = field(2, &field(3, text.as_bytes()));
        field(3, &field(1, &[field(1, name.as_bytes()), value].concat()))
    });
    [
        field(1, tool.as_bytes()),
        field(2, b"user_alice"),
        params.unwrap_or_default(),
    ]
    .concat()
}

fn trailer(answer: &Answer, name: &str) -> String {
    let found = answer.trailers.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

#[test]
fn a_tool_is_executed_with_what_the_message_says() {
    let mut client = Client::new();
    let email = ("email", "alice@acme.example");
    let answer = call(
        &mut client,
        EXECUTE,
        &execute("hubspot_owners_list", Some(email)),
    );
    assert_eq!(trailer(&answer, "grpc-status"), "0");
    let frame = answer.frame.expect("a message");
    let length = u32::from_be_bytes([frame[1], frame[2], frame[3], frame[4]]);
    assert_eq!((frame[0], length as usize), (0, frame.len() - 5));
    let text = String::from_utf8_lossy(&frame);
    assert!(text.contains("alice@acme.example") && !text.contains("erin@acme.example"));
}

#[test]
fn an_error_brings_the_code_and_the_details_it_has_by_rest() {
    let mut client = Client::with(&json!({ "missing": "named" }));
    for (tool, param, code, words) in [
        (
            "hubspot_search_contacts",
            None,
            "5",
            &["TOOL_NOT_FOUND"][..],
        ),
        (
            "hubspot_task_get",
            Some(("task_id", "1")),
            "13",
            &["TOOL_ERROR", "OBJECT_NOT_FOUND"],
        ),
        (
            "hubspot_task_get",
            None,
            "3",
            &["VALIDATION_ERROR", "task_id"],
        ),
    ] {
        let answer = call(&mut client, EXECUTE, &execute(tool, param));
        assert_eq!(
            (
                trailer(&answer, "grpc-status").as_str(),
                answer.frame.is_none()
            ),
            (code, true)
        );
        let details = STANDARD_NO_PAD.decode(trailer(&answer, "grpc-status-details-bin"));
        let details = String::from_utf8_lossy(&details.expect("base64")).into_owned();
        assert!(details.contains("scalekit.v1.errdetails.ErrorInfo"));
        assert!(words.iter().all(|word| details.contains(word)), "{details}");
    }
}

#[test]
fn accounts_are_listed_linked_verified_and_removed_as_by_rest() {
    let mut client = Client::of_plain_names();
    let accounts =
        |method: &str| format!("/scalekit.v1.connected_accounts.ConnectedAccountService/{method}");
    let bob = field(4, b"user_bob");
    let listed = call(&mut client, &accounts("ListConnectedAccounts"), &bob);
    let frame = listed.frame.expect("a message");
    let count = String::from_utf8_lossy(&frame).matches("user_bob").count();
    assert_eq!(count, 3);
    let asked = [
        field(3, b"zendesk"),
        bob.clone(),
        field(8, b"https://app.example/v"),
    ]
    .concat();
    let link = call(
        &mut client,
        &accounts("GetMagicLinkForConnectedAccount"),
        &asked,
    );
    assert!(String::from_utf8_lossy(&link.frame.expect("a message")).contains("/magic/"));
    let verify = [field(1, b"unknown"), field(2, b"user_bob")].concat();
    let refused = call(
        &mut client,
        &accounts("VerifyConnectedAccountUser"),
        &verify,
    );
    assert_eq!(trailer(&refused, "grpc-status"), "5");
    let gone = [field(3, b"linear"), bob].concat();
    let removed = call(&mut client, &accounts("DeleteConnectedAccount"), &gone);
    assert_eq!(trailer(&removed, "grpc-status"), "0");
    let left = client.get("/api/v1/connected_accounts?identifier=user_bob&connector=linear");
    assert_eq!(body(&left)["connected_accounts"], Value::Array(Vec::new()));
}

#[test]
fn what_cannot_be_read_or_is_not_there_is_refused() {
    let mut client = Client::new();
    let unknown = call(
        &mut client,
        "/scalekit.v1.tools.ToolService/CreateTool",
        &[],
    );
    assert_eq!(trailer(&unknown, "grpc-status"), "12");
    let torn = call(&mut client, EXECUTE, &[0x0a, 0x7f, b'x']);
    assert_eq!(trailer(&torn, "grpc-status"), "3");
}
