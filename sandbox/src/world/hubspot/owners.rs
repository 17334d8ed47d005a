//! Who may own a record: the portal's users, and those who have left.

use serde_json::{Value, json};

use super::search::{after, limit};
use super::text;
use crate::world::random::Dice;
use crate::world::time::iso;
use crate::world::tool::{Answer, Params, ToolFailure};

/// Largest page, and the page size when none is asked for.
const PAGE_LIMIT: u64 = 500;
const PAGE_DEFAULT: u64 = 100;

/// A user of the portal, as the owner of records.
#[derive(Clone, Debug)]
pub struct Owner {
    /// What `hubspot_owner_id` holds.
    pub id: String,
    /// Address.
    pub email: String,
    /// Display name.
    pub name: String,
    /// Whether they have left: their records keep them, no list shows them.
    pub archived: bool,
    user_id: i64,
    since_ms: i64,
}

impl Owner {
    /// An owner whose ids follow from the address.
    pub fn new(name: &str, email: &str, since_ms: i64, archived: bool) -> Self {
        let mut dice = Dice::of(&format!("owner {email}"));
        Self {
            id: dice.between(10_000_000, 999_999_999).to_string(),
            email: email.to_owned(),
            name: name.to_owned(),
            archived,
            user_id: dice.between(1_000_000, 99_999_999),
            since_ms,
        }
    }

    fn json(&self) -> Value {
        // One who left is a user no more.
        let user = (!self.archived).then_some(self.user_id);
        let (first, last) = self.name.split_once(' ').unwrap_or((&self.name, ""));
        json!({ "id": self.id, "email": self.email, "type": "PERSON", "firstName": first,
            "lastName": last, "userId": user, "userIdIncludingInactive": self.user_id,
            "createdAt": iso(self.since_ms), "updatedAt": iso(self.since_ms), "archived": self.archived })
    }
}

/// Those who are there, by address where one is asked for.
///
/// # Errors
/// HubSpot's 400.
pub(super) fn list(owners: &[Owner], params: &Params) -> Result<Answer, ToolFailure> {
    let email = text(params, "email");
    let (limit, after) = (limit(params, PAGE_LIMIT, PAGE_DEFAULT)?, after(params)?);
    let found: Vec<&Owner> = owners
        .iter()
        .filter(|owner| !owner.archived)
        .filter(|owner| email.is_none_or(|email| email.eq_ignore_ascii_case(&owner.email)))
        .collect();
    let page = found.iter().skip(after).take(limit);
    let results: Vec<Value> = page.map(|owner| owner.json()).collect();
    let mut body = json!({ "results": results });
    if after + limit < found.len() {
        body["paging"] = json!({ "next": { "after": (after + limit).to_string() } });
    }
    Ok(Answer::read(body))
}
