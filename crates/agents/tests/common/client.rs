//! The client of Scalekit as the product has it: connections with the names of a workspace, and
//! turns that all who share a portal take from one count.

use std::rc::Rc;

use onbehalf_clock::Clock;
use onbehalf_clock::testkit::Dice;
use onbehalf_connector::{Connectors, Rates, Scalekit, ScalekitConfig, Secret, TokenCache, Turns};
use onbehalf_runs::portal::{Portals, SharedTurns};
use onbehalf_runs::town::{Post, Town};
use onbehalf_sandbox::service::{CLIENT_ID, CLIENT_SECRET};

use super::apps::{Apps, BASE};

/// The connections of the strict world.
const WORKSPACE: &str = r#"{
    "github": {"connection": "github-Xy9bRc2M"},
    "hubspot": {"connection": "hubspot-qkHFhMip"}, "linear": {"connection": "linear-mR2xVd9K"},
    "slack": {"connection": "slack-Tz81bWqe"},
    "zendesk": {"connection": "zendesk-p5LsY0aN", "kind": "api_key"}}"#;

/// A client of these apps, in this town.
pub fn client(apps: &Rc<Apps>, clock: &Rc<dyn Clock>, town: &Rc<Town>) -> Scalekit {
    let config = ScalekitConfig::new(BASE, CLIENT_ID, Secret::new(CLIENT_SECRET));
    let connectors = Connectors::from_json(Some(WORKSPACE)).expect("connectors");
    let post = Rc::new(Post(Rc::clone(town)));
    let portals = Portals::new(post.clone(), Rc::clone(clock));
    let turns = SharedTurns::new(post, portals);
    Scalekit::new(
        config.expect("a configuration").with_connectors(connectors),
        apps.clone(),
        Rc::clone(clock),
        Rc::new(Dice::default()),
        TokenCache::new(),
    )
    .with_turns(Turns::new(Rc::new(turns), Rates::default()))
}
