//! Microsoft Teams: one team of the company with a channel, by Microsoft Graph.
//!
//! Shapes and limits from Microsoft's documentation: "List joinedTeams", "List channels", "List channel
//! messages" (50 a page), "Send chatMessage in a channel", "Microsoft Graph service-specific throttling
//! limits" (Microsoft Teams).

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, number, size, text};
use crate::world::random::Dice;
use crate::world::time::iso;
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const PAGE: usize = 20;
const MOST: usize = 50;
/// Longest message, in bytes: about 28 KB.
const CONTENT: usize = 28 * 1024;

#[derive(Clone, Debug)]
struct Message {
    id: String,
    from: String,
    subject: Option<String>,
    content_type: String,
    content: String,
    at_ms: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Teams {
    team: String,
    channel: String,
    name: String,
    messages: Vec<Message>,
    /// A message is named by its time in milliseconds; each gets one of its own.
    ids: Numbers,
}

fn refusal(status: u16, code: &str, message: &str) -> ToolFailure {
    ToolFailure::new(status, code, message)
}

impl Teams {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        let mut dice = Dice::of(&format!("teams {company}"));
        Self {
            team: dice.uuid(),
            channel: format!("19:{:016x}@thread.tacv2", dice.bits()),
            name: company.to_owned(),
            messages: Vec::new(),
            ids: Numbers::after(u64::try_from(now_ms).unwrap_or(0)),
        }
    }

    fn place(&self, params: &Params) -> Result<(), ToolFailure> {
        if text(params, "team_id") != Some(self.team.as_str()) {
            return Err(refusal(404, "NotFound", "No team found with Group Id."));
        }
        match text(params, "channel_id") {
            None => Ok(()),
            Some(channel) if channel == self.channel => Ok(()),
            Some(_) => Err(refusal(404, "NotFound", "Channel does not exist.")),
        }
    }

    fn shown(&self, message: &Message) -> Value {
        json!({ "id": message.id, "etag": message.id, "messageType": "message",
            "createdDateTime": iso(message.at_ms), "lastModifiedDateTime": iso(message.at_ms),
            "deletedDateTime": null, "subject": message.subject, "importance": "normal",
            "from": { "user": { "displayName": message.from, "userIdentityType": "aadUser" } },
            "body": { "contentType": message.content_type, "content": message.content },
            "channelIdentity": { "teamId": self.team, "channelId": self.channel },
            "attachments": [], "mentions": [], "reactions": [] })
    }

    fn send(&mut self, params: &Params, actor: &Actor) -> Said {
        let content = text(params, "content").unwrap_or_default();
        if content.len() > CONTENT {
            return Err(refusal(
                413,
                "RequestEntityTooLarge",
                "The message is too large.",
            ));
        }
        let kind = text(params, "content_type").unwrap_or("text");
        if !matches!(kind, "text" | "html") {
            return Err(refusal(400, "BadRequest", "Invalid content type."));
        }
        let message = Message {
            id: actor
                .promised
                .clone()
                .unwrap_or_else(|| self.ids.next().to_string()),
            from: actor.name.clone(),
            subject: text(params, "subject").map(str::to_owned),
            content_type: kind.to_owned(),
            content: content.to_owned(),
            at_ms: actor.now_ms,
        };
        let answer = Answer::wrote(message.id.clone(), self.shown(&message));
        self.messages.push(message);
        Ok(answer)
    }
}

impl App for Teams {
    const TOOLS: &'static [&'static str] = &[
        "microsoftteams_list_channel_messages",
        "microsoftteams_list_channels",
        "microsoftteams_list_teams",
        "microsoftteams_send_channel_message",
    ];

    /// One message a second for each channel; five reads of a channel in that time.
    fn counted(tool: &str, _: &Params) -> Counted {
        match tool {
            "microsoftteams_send_channel_message" => Counted::new(Whose::Person, "send", 1, 1000),
            _ => Counted::new(Whose::Company, "read", 5, 1000),
        }
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(429, "TooManyRequests", "Too many requests.").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        (tool == "microsoftteams_send_channel_message").then(|| self.ids.next().to_string())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        if tool == "microsoftteams_list_teams" {
            let team = json!({ "id": self.team, "displayName": self.name, "description": null,
                "isArchived": false });
            return Ok(Answer::read(json!({ "value": [team] })));
        }
        self.place(params)?;
        match tool {
            "microsoftteams_list_channels" => {
                let channel = json!({ "id": self.channel, "displayName": "General",
                    "description": null, "membershipType": "standard" });
                Ok(Answer::read(json!({ "value": [channel] })))
            }
            "microsoftteams_send_channel_message" => self.send(params, actor),
            _ => {
                let skip = number(params, "$skip").and_then(|it| usize::try_from(it).ok());
                let newest = self.messages.iter().rev().skip(skip.unwrap_or(0));
                let page = newest
                    .take(size(params, "$top", PAGE, MOST))
                    .map(|it| self.shown(it));
                let page: Vec<Value> = page.collect();
                Ok(Answer::read(
                    json!({ "@odata.count": page.len(), "value": page }),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn a_message_stands_in_its_channel() {
        let mut teams = Teams::new("acme", NOW);
        let team =
            taken(&mut teams, "microsoftteams_list_teams", &json!({}))["value"][0]["id"].clone();
        let in_team = json!({ "team_id": team });
        let channel =
            taken(&mut teams, "microsoftteams_list_channels", &in_team)["value"][0]["id"].clone();
        let message =
            json!({ "team_id": team, "channel_id": channel, "content": "Live since noon" });
        let sent = taken(&mut teams, "microsoftteams_send_channel_message", &message);
        let listed = taken(&mut teams, "microsoftteams_list_channel_messages", &message);
        assert_eq!(listed["value"], json!([sent]));
    }

    #[test]
    fn another_team_is_not_found() {
        let mut teams = Teams::new("acme", NOW);
        let foreign = json!({ "team_id": "x", "channel_id": "y", "content": "z" });
        assert_eq!(
            refused(&mut teams, "microsoftteams_send_channel_message", &foreign).status,
            404
        );
    }
}
