//! Texts as their apps show them: what an app makes a link or a mention of is one here, too.
//!
//! Whoever looks at a page must see what a text would do to the people it is for. No address is
//! ever opened by itself.

use maud::{Markup, html};

/// A piece of a shown text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Words.
    Text(String),
    /// An address, and what stands for it.
    Link { to: String, words: String },
    /// Somebody who is told of it.
    Mention(String),
}

/// Pieces, as HTML.
pub(super) fn shown(pieces: &[Piece]) -> Markup {
    html! {
        @for piece in pieces {
            @match piece {
                Piece::Text(words) => (words),
                Piece::Link { to, words } => a.link href=(to) title=(to) rel="noopener noreferrer nofollow" { (words) },
                Piece::Mention(who) => span.mention { "@" (who) },
            }
        }
    }
}

fn is_address(word: &str) -> bool {
    ["https://", "http://"]
        .iter()
        .any(|scheme| word.len() > scheme.len() && word.starts_with(scheme))
}

/// Where an address that begins here ends.
fn address_end(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || "<>\"|)]".contains(c));
    let address = &text[..end.unwrap_or(text.len())];
    address
        .trim_end_matches(['.', ',', ';', ':', '!', '?'])
        .len()
}

/// Collects pieces, joining text that touches.
#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn text(&mut self, words: &str) {
        match self.0.last_mut() {
            _ if words.is_empty() => {}
            Some(Piece::Text(before)) => before.push_str(words),
            _ => self.0.push(Piece::Text(words.to_owned())),
        }
    }

    fn first_char(&mut self, rest: &str) -> usize {
        let length = rest.chars().next().map_or(0, char::len_utf8);
        self.text(&rest[..length]);
        length
    }
}

/// Linear's Markdown, as far as it makes links and mentions.
pub(super) fn linear(text: &str) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut rest = text;
    while !rest.is_empty() {
        let taken = if is_address(rest) {
            let end = address_end(rest);
            pieces.0.push(linear_address(&rest[..end], &rest[..end]));
            end
        } else if let Some((words, to, end)) = markdown_link(rest) {
            pieces.0.push(linear_address(to, words));
            end
        } else {
            pieces.first_char(rest)
        };
        rest = &rest[taken.max(1)..];
    }
    pieces.0
}

/// The address of somebody's profile is a mention of them.
fn linear_address(to: &str, words: &str) -> Piece {
    let mut parts = to.split('/').skip(2);
    let (host, _, profiles, who) = (parts.next(), parts.next(), parts.next(), parts.next());
    match (host, profiles, who) {
        (Some("linear.app"), Some("profiles"), Some(who)) => Piece::Mention(who.to_owned()),
        _ => Piece::Link {
            to: to.to_owned(),
            words: words.to_owned(),
        },
    }
}

/// `[words](address)` at the start of a text: words, address, and its length.
fn markdown_link(text: &str) -> Option<(&str, &str, usize)> {
    let inner = text.strip_prefix('[')?;
    let (words, after) = inner.split_once("](")?;
    let (to, _) = after.split_once(')')?;
    let sound = is_address(to) && !words.contains(['[', '\n']) && !to.contains(char::is_whitespace);
    sound.then(|| (words, to, words.len() + to.len() + 4))
}

/// Slack's markup: everything special stands in angle brackets.
pub(super) fn slack<'a>(text: &str, name_of: impl Fn(&str) -> Option<&'a str>) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        pieces.text(&unescaped(&rest[..start]));
        let inner = &rest[start + 1..];
        let Some(end) = inner.find('>') else {
            pieces.text(&unescaped(&rest[start..]));
            return pieces.0;
        };
        let (target, words) = inner[..end].split_once('|').unwrap_or((&inner[..end], ""));
        pieces.0.push(match target.get(..1) {
            Some("@") => {
                let user = &target[1..];
                Piece::Mention(name_of(user).unwrap_or(user).to_owned())
            }
            Some("!") => Piece::Mention(target[1..].to_owned()),
            _ if is_address(target) => Piece::Link {
                to: target.to_owned(),
                words: unescaped(if words.is_empty() { target } else { words }),
            },
            _ => Piece::Text(inner[..end].to_owned()),
        });
        rest = &inner[end + 1..];
    }
    pieces.text(&unescaped(rest));
    pieces.0
}

/// The simple markup in a HubSpot task's body: links stay links, everything else its text.
pub(super) fn hubspot(body: &str) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut link: Option<(String, String)> = None;
    let mut rest = body;
    while !rest.is_empty() {
        let (words, tag, after) = match rest.find('<') {
            None => (rest, "", ""),
            Some(start) => {
                let end = rest[start..]
                    .find('>')
                    .map_or(rest.len(), |end| start + end);
                let after = rest.get(end + 1..).unwrap_or_default();
                (&rest[..start], &rest[(start + 1).min(end)..end], after)
            }
        };
        match &mut link {
            Some((_, inside)) => inside.push_str(&unescaped(words)),
            None => bare(&unescaped(words), &mut pieces),
        }
        let name = tag
            .split(|c: char| c.is_whitespace())
            .next()
            .unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "a" => link = href(tag).map(|to| (to, String::new())),
            "/a" => {
                if let Some((to, words)) = link.take() {
                    pieces.0.push(Piece::Link { to, words });
                }
            }
            "br" | "br/" | "/li" | "/p" => pieces.text("\n"),
            _ => {}
        }
        rest = after;
    }
    pieces.0
}

/// Words in which addresses are links.
fn bare(text: &str, pieces: &mut Pieces) {
    let mut rest = text;
    while !rest.is_empty() {
        let taken = if is_address(rest) {
            let end = address_end(rest);
            let to = rest[..end].to_owned();
            pieces.0.push(Piece::Link {
                words: to.clone(),
                to,
            });
            end
        } else {
            pieces.first_char(rest)
        };
        rest = &rest[taken.max(1)..];
    }
}

/// The address in a tag.
fn href(tag: &str) -> Option<String> {
    let after = &tag[tag.find("href=")? + 5..];
    let quote = after.chars().next().filter(|c| "\"'".contains(*c))?;
    let to = after[1..].split(quote).next()?;
    is_address(to).then(|| unescaped(to))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Piece {
        Piece::Text(words.to_owned())
    }

    fn link(to: &str, words: &str) -> Piece {
        Piece::Link {
            to: to.to_owned(),
            words: words.to_owned(),
        }
    }

    fn mention(who: &str) -> Piece {
        Piece::Mention(who.to_owned())
    }

    #[test]
    fn linear_makes_mentions_of_profiles_and_links_of_addresses() {
        let pieces =
            linear("Ask https://linear.app/acme/profiles/bob, see https://evil.example/x.");
        let wanted = [
            text("Ask "),
            mention("bob"),
            text(", see "),
            link("https://evil.example/x", "https://evil.example/x"),
            text("."),
        ];
        assert_eq!(pieces, wanted);
        let pieces = linear("[invoice](https://evil.example) [x](javascript:alert)");
        let wanted = [
            link("https://evil.example", "invoice"),
            text(" [x](javascript:alert)"),
        ];
        assert_eq!(pieces, wanted);
    }

    #[test]
    fn slack_keeps_what_is_special_in_angle_brackets() {
        let name = |id: &str| (id == "U1").then_some("Bob");
        let pieces = slack(
            "<!channel> <@U1>: a &lt; b <https://e.example|here> <",
            name,
        );
        let wanted = [
            mention("channel"),
            text(" "),
            mention("Bob"),
            text(": a < b "),
            link("https://e.example", "here"),
            text(" <"),
        ];
        assert_eq!(pieces, wanted);
    }

    #[test]
    fn hubspot_shows_links_and_the_text_of_everything_else() {
        let pieces = hubspot(
            "<p>Due &amp; late</p><a href=\"https://e.example\">pay</a> https://f.example <b",
        );
        let wanted = [
            text("Due & late\n"),
            link("https://e.example", "pay"),
            text(" "),
            link("https://f.example", "https://f.example"),
            text(" "),
        ];
        assert_eq!(pieces, wanted);
    }

    #[test]
    fn no_text_makes_a_page_fail() {
        for hostile in [
            "<",
            "<a href=",
            "<a href=\"",
            "ü<ü>ü",
            "[](",
            "https://",
            "<@",
            "<|>",
            "&&",
        ] {
            for cut in [hostile.to_owned(), format!("{hostile}é{hostile}")] {
                let _ = (linear(&cut), slack(&cut, |_| None), hubspot(&cut));
            }
        }
    }
}
