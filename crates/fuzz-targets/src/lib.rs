//! What is fuzzed: everything that reads bytes from outside, as functions of bytes.
//!
//! Owns the targets and what has to hold of each, beyond that nothing panics. The fuzzer itself is
//! in `fuzz/` and finds inputs by coverage (`npm run fuzz`); `cargo test` runs every target for a
//! moment on inputs made from the seeds.

mod answers;
mod journal;
mod queries;
mod streams;
#[cfg(test)]
mod tests;

pub use onbehalf_http::fuzz::{sealed, targets_of_browsers};
pub use onbehalf_identity::fuzz::{claims, key_set, token};

/// One target.
pub struct Target {
    /// Its name, also that of its executable.
    pub name: &'static str,
    /// Panics when something does not hold.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: &'static [&'static str],
}

/// All of them.
pub const TARGETS: [Target; 9] = [
    Target {
        name: "token",
        run: token,
        seeds: &[
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiYSIsImF1ZCI6Im9uYmVoYWxmIiwiZXhwIjoxNzk1NDIxNDAwfQ.AAAA",
            "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ.",
        ],
    },
    Target {
        name: "claims",
        run: claims,
        seeds: &[
            r#"{"alg":"RS256","kid":"k","typ":"at+jwt"}~{"iss":"https://idp.example","sub":"alice","aud":["onbehalf"],"iat":1795420800,"nbf":1795420800,"exp":1795421400,"org_id":"o","azp":"x"}"#,
            r#"{"alg":"ES256","crit":["b64"],"b64":false}~{"iss":"https://idp.example","sub":"\u0061","aud":"onbehalf","exp":1795421400.5,"nonce":"n","o":{"id":"o"}}"#,
        ],
    },
    Target {
        name: "key_set",
        run: key_set,
        seeds: &[
            r#"{"keys":[{"kty":"RSA","kid":"a","alg":"RS256","use":"sig","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#,
            r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"b","key_ops":["verify"],"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        ],
    },
    Target {
        name: "sealed",
        run: sealed,
        seeds: &[
            "AAAAAAAAAE0.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            r#"{"issuer":"https://idp.example","user_id":"alice","org_id":null,"exp":1795449600,"nonce":"n"}"#,
        ],
    },
    Target {
        name: "browser",
        run: targets_of_browsers,
        seeds: &[
            "/connect/callback?auth_request_id=a&state=b",
            "//evil.example/connect/",
            "/connect/%2e%2e/x",
            "state=a&state=b&code=%ff",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ],
    },
    Target {
        name: "journal",
        run: journal::journal,
        seeds: &[
            r#"{"seq":1,"at":"2026-11-23T08:00:00Z","type":"started","run_id":"run_1","workflow":"w","version":1,"owner":"p","context":{},"input":{}}
{"seq":2,"at":"2026-11-23T08:00:00Z","type":"step_started","step":"s","attempt":1}
{"seq":3,"at":"2026-11-23T08:00:01Z","type":"suspended","step":"s","number":1,"reason":{"reason":"connection_required","missing":[{"connector":"zendesk","reason":"not_connected"}]},"state":{}}
{"seq":4,"at":"2026-11-23T08:00:02Z","type":"connection_made","number":1,"connector":"zendesk"}
{"seq":5,"at":"2026-11-23T08:00:02Z","type":"resumed","number":1,"by":"b","payload":{"kind":"connected","connectors":["zendesk"]}}"#,
            r#"{"seq":1,"at":"2026-11-23T08:00:00Z","type":"started","run_id":"run_1","workflow":"w","version":1,"owner":"p","context":{},"input":{}}
{"seq":2,"at":"2026-11-23T08:00:00Z","type":"intent","key":"r/s/i","kind":"task","request":{}}
{"seq":3,"at":"2026-11-23T08:00:00Z","type":"unanswered","key":"r/s/i"}
{"seq":4,"at":"2026-11-23T08:00:09Z","type":"outcome","key":"r/s/i","outcome":{"status":"landed","receipt":1,"found":true}}
{"seq":5,"at":"2026-11-23T08:00:09Z","type":"completed","step":"s","result":7}"#,
        ],
    },
    Target {
        name: "queries",
        run: queries::queries,
        seeds: &[
            "jo+x@acme.test\no'b@acme.test",
            "Acme \"X\" status:closed * GmbH",
            "evil@x.test requester:all\n\u{201c}quoted\u{201d}",
            "customer:acme.test\"}) { issues { id } }",
        ],
    },
    Target {
        name: "answers",
        run: answers::answers,
        seeds: &[
            r#"{"results":[{"id":7,"result_type":"ticket","subject":"s","status":"open","created_at":"2026-11-20T08:00:00Z","requester_id":1,"organization_id":2}],"users":[{"id":1,"email":"a@b.test"}],"next_page":"x","count":1}"#,
            r#"{"data":{"issues":{"nodes":[{"id":"i","title":"t","state":{"type":"started"},"labels":{"nodes":[{"name":"customer:b.test"}]},"updatedAt":"2026-11-20T08:00:00Z","createdAt":"2026-11-01T08:00:00Z","dueDate":"2026-11-19","project":{"name":"p"}}],"pageInfo":{"hasNextPage":true,"endCursor":"c"}}}}"#,
            r#"{"results":[{"id":"1","createdAt":"2026-11-20T08:00:00Z","properties":{"email":"a@b.test","firstname":"A","company":"B","hs_v2_date_entered_customer":"2026-11-01T08:00:00Z","hs_task_subject":"s","hs_task_body":"e0123456789abcdef","hs_task_status":"NOT_STARTED"}}],"paging":{"next":{"after":"2"}},"total":1}"#,
            r#"{"errors":[{"message":"m","extensions":{"code":"RATELIMITED","type":"x","userPresentableMessage":"u"}}]}"#,
        ],
    },
    Target {
        name: "model_streams",
        run: streams::model_streams,
        seeds: &[
            "\u{7}data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Good \"},\"finish_reason\":null}],\"usage\":null}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"morning\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":null,\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
            "\u{1}data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"t\",\"arguments\":\"\"}},{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"u\",\"arguments\":\"{\"}}]}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}},{\"index\":1,\"function\":{\"arguments\":\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
            "\u{3}data: {\"response\":\"Good\",\"tool_calls\":[{\"name\":\"t\",\"arguments\":{\"a\":1}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\r\n\r\ndata: [DONE]\r\n\r\n",
            "\u{2}event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Good\"}}\n\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"t\",\"input\":{}}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\n\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":7}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
            "\u{5}data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\ndata: {\"error\":{\"code\":429,\"type\":\"requests\",\"message\":\"m\"}}\n\n: comment\nid: 1\ndata\n\n",
        ],
    },
];
