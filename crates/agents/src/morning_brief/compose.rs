//! From what the apps said to the message: one pure function.
//!
//! Owns wording and order. Whatever comes from outside is text here, never markup.

use serde::{Deserialize, Serialize};

use super::section::{Group, Section};
use super::settings::{BriefSettings, WhenQuiet};
use super::words::{link, plain};
use onbehalf_clock::Timestamp;
use onbehalf_connector::Connector;

/// The message, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    /// The day it is about, `2026-11-23`.
    pub day: String,
    /// In Slack's markup, without the line that says who sent it.
    pub text: String,
    /// Whether there is anything to be said.
    pub has_news: bool,
    /// The apps, in the order of the message.
    pub sections: Vec<Section>,
}

/// Words the message.
pub fn compose(sections: Vec<Section>, settings: &BriefSettings, now: Timestamp) -> Brief {
    let day = now.date();
    let quiet = sections
        .iter()
        .all(|it| it.groups.is_empty() && it.failure.is_none());
    let mut text = format!("*Good morning!* Your brief of {day}.");
    if quiet {
        text.push_str("\nNothing is new, due or stalled.");
    }
    for section in &sections {
        add(&mut text, section, settings);
    }
    Brief {
        day,
        text,
        has_news: !quiet || settings.when_quiet == WhenQuiet::SaySo,
        sections,
    }
}

fn add(text: &mut String, section: &Section, settings: &BriefSettings) {
    let title = plain(&section.label);
    if let Some(failure) = &section.failure {
        let why = plain(&failure.name().replace('_', " "));
        text.push_str(&format!("\n\n*{title}* could not be read: {why}."));
        return;
    }
    if section.groups.is_empty() {
        return;
    }
    let counts: Vec<_> = section
        .groups
        .iter()
        .map(|group| {
            format!(
                "{} {}",
                count(group.total, section.connector),
                group.news.word()
            )
        })
        .collect();
    text.push_str(&format!("\n\n*{title}*: {}", counts.join(", ")));
    for group in &section.groups {
        lines(text, group, settings);
    }
}

fn lines(text: &mut String, group: &Group, settings: &BriefSettings) {
    let most = usize::try_from(settings.lines).unwrap_or(usize::MAX);
    let mut shown = 0;
    for line in group.lines.iter().take(most) {
        shown += 1;
        let name = match (&line.name, &line.url) {
            (Some(name), Some(url)) => format!("{} ", link(url, name)),
            (Some(name), None) => format!("{} ", plain(name)),
            (None, _) => String::new(),
        };
        let word = group.news.word();
        text.push_str(&format!("\n• {name}{} ({word})", plain(&line.title)));
    }
    let more = group.total.saturating_sub(shown);
    if more > 0 {
        text.push_str(&format!("\n• … and {more} more {}", group.news.word()));
    }
}

fn count(number: u64, connector: Connector) -> String {
    let noun = match connector {
        Connector::ZENDESK => "ticket",
        Connector::LINEAR => "issue",
        _ => "task",
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::super::section::{Line, News};
    use super::*;
    use onbehalf_acting::{Failure, FailureKind};

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-23T08:00:00Z").expect("a time")
    }

    fn line(name: Option<&str>, title: &str) -> Line {
        Line {
            name: name.map(str::to_owned),
            title: title.to_owned(),
            url: name.map(|it| format!("https://linear.app/a/{it}")),
        }
    }

    #[test]
    fn every_app_has_its_lines_and_its_count() {
        let issues = Group::of(News::Overdue, 7, [line(Some("ONB-1"), "Kick-off")]);
        let failure = Failure::own(FailureKind::Unavailable, "away");
        let sections = vec![
            Section::unread(Connector::ZENDESK, "Zendesk".into(), failure),
            Section::read(Connector::LINEAR, "Linear".into(), vec![issues]),
            Section::read(Connector::HUBSPOT, "HubSpot".into(), vec![]),
        ];
        let brief = compose(sections, &BriefSettings::default(), now());
        assert_eq!(
            brief.text,
            "*Good morning!* Your brief of 2026-11-23.\n\n\
             *Zendesk* could not be read: unavailable.\n\n\
             *Linear*: 7 issues overdue\n\
             • <https://linear.app/a/ONB-1|ONB-1> Kick-off (overdue)\n\
             • … and 6 more overdue"
        );
        assert!(brief.has_news);
    }

    #[test]
    fn a_quiet_day_is_said_only_when_asked_for() {
        let quiet = || vec![Section::read(Connector::LINEAR, "Linear".into(), vec![])];
        let mut settings = BriefSettings::default();
        assert!(!compose(quiet(), &settings, now()).has_news);
        settings.when_quiet = WhenQuiet::SaySo;
        assert!(compose(quiet(), &settings, now()).has_news);
    }

    #[test]
    fn a_title_is_never_markup() {
        let group = Group::of(News::New, 1, [line(None, "<!channel> http://evil.test")]);
        let sections = vec![Section::read(
            Connector::ZENDESK,
            "Zendesk".into(),
            vec![group],
        )];
        let text = compose(sections, &BriefSettings::default(), now()).text;
        assert!(
            !text.contains("<!") && !text.contains("evil.test"),
            "{text}"
        );
    }
}
