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
}

/// All apps there are.
pub const APPS: [&str; 3] = ["hubspot", "zendesk", "linear"];

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
        }
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
            &["hubspot", "linear"],
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
