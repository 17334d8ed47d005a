//! The customer success managers of this world.

/// One of them, before there is any data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsmSeed {
    /// `sub` in tokens.
    pub sub: String,
    /// Display name.
    pub name: String,
    /// Organization id.
    pub org: String,
    /// Connected apps.
    pub connectors: Vec<String>,
    /// Customers in onboarding.
    pub customers: usize,
    /// Whether Linear dies after the first read of each run.
    pub linear_dies: bool,
    /// The portal they work in with others. Without one, [`super::manners::Portals`] decides.
    pub portal: Option<String>,
    /// Whose customers theirs are like to the letter: those that somebody of this name is given.
    /// Without one, like nobody else's.
    pub like: Option<String>,
    /// What their customers call themselves: one name for all, where it is to be a certain one.
    pub company: Option<String>,
}

/// The apps that the shipped workflows use, which everybody has who is seeded without a choice.
pub const APPS: [&str; 4] = ["hubspot", "zendesk", "linear", "slack"];

impl CsmSeed {
    /// A CSM with these apps and customers.
    pub fn new(sub: &str, name: &str, org: &str, connectors: &[&str], customers: usize) -> Self {
        Self {
            sub: sub.to_owned(),
            name: name.to_owned(),
            org: org.to_owned(),
            connectors: connectors.iter().map(|it| (*it).to_owned()).collect(),
            customers,
            linear_dies: false,
            portal: None,
            like: None,
            company: None,
        }
    }

    /// The key under which Scalekit knows them.
    pub fn identifier(&self) -> String {
        format!("user_{}", self.sub)
    }

    /// Their address, the same at the identity provider and in all apps.
    pub fn email(&self) -> String {
        format!("{}@acme.example", self.sub)
    }
}

/// Those there are from the start.
pub fn seeded() -> Vec<CsmSeed> {
    vec![
        CsmSeed::new("alice", "Alice Moreau", "org_acme", &APPS, 200),
        CsmSeed::new(
            "bob",
            "Bob Lindqvist",
            "org_acme",
            &["hubspot", "linear", "slack"],
            40,
        ),
        CsmSeed {
            linear_dies: true,
            ..CsmSeed::new("carol", "Carol Adeyemi", "org_acme", &APPS, 60)
        },
        CsmSeed::new("erin", "Erin Kowalczyk", "org_acme", &APPS, 1000),
        CsmSeed::new("dave", "Dave Okafor", "org_globex", &APPS, 25),
        // A team lead: no customers of her own, decides what others' runs ask.
        CsmSeed::new("grace", "Grace Imamura", "org_acme", &[], 0),
    ]
}
