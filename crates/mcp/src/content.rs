//! What a tool's use and a resource hold.

use serde_json::{Value, json};

use crate::reply::Outcome;

/// What came of a tool's use.
#[derive(Clone, Debug, PartialEq)]
pub struct CallResult {
    /// In plain words; most clients show a model nothing else.
    pub words: Option<String>,
    /// The same for programs: fits the tool's schema.
    pub structured: Option<Value>,
    /// Whether it did not work.
    pub is_error: bool,
}

impl CallResult {
    /// One that did not work, in words alone.
    pub fn failed(words: impl Into<String>) -> Self {
        Self {
            words: Some(words.into()),
            structured: None,
            is_error: true,
        }
    }

    /// As an answer. What is structured is said as text too, for those who read nothing else.
    pub fn outcome(self) -> Outcome {
        let structured = self.structured.as_ref().map(Value::to_string);
        let texts = self.words.into_iter().chain(structured);
        let content: Vec<_> = texts
            .map(|text| json!({ "type": "text", "text": text }))
            .collect();
        let mut all = json!({ "content": content, "isError": self.is_error });
        if let Some(structured) = self.structured {
            all["structuredContent"] = structured;
        }
        Outcome::of(all)
    }
}

/// A resource in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its address.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is.
    pub description: String,
    /// When it last changed, RFC 3339.
    pub last_modified: String,
}

impl Resource {
    /// As JSON.
    pub fn into_json(self) -> Value {
        json!({
            "uri": self.uri,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "mimeType": "application/json",
            "annotations": { "lastModified": self.last_modified },
        })
    }
}

/// The form of the addresses that some resources have (RFC 6570).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The form.
    pub uri: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What is found there.
    pub description: &'static str,
}

impl Template {
    /// As JSON.
    pub fn into_json(self) -> Value {
        json!({
            "uriTemplate": self.uri,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "mimeType": "application/json",
        })
    }
}

/// What a resource holds.
pub fn resource_contents(uri: &str, json: &Value) -> Outcome {
    let text = json.to_string();
    Outcome::of(json!({
        "contents": [{ "uri": uri, "mimeType": "application/json", "text": text }],
    }))
}
