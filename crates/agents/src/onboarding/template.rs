//! Names made from a customer: `customer:{domain}`.
//!
//! Owns the placeholders and their check. Knows nothing of what the name is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::customers::Customer;

const DOMAIN: &str = "{domain}";
const COMPANY: &str = "{company}";
/// Longest template, in bytes; labels and project names in Linear are shorter than this.
const LONGEST: usize = 120;

/// A name with `{domain}` or `{company}` in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Template(String);

impl Template {
    pub(super) fn default_label() -> Self {
        Self(format!("customer:{DOMAIN}"))
    }

    /// The name for this customer. A customer without a domain of its own (free mail) goes by its
    /// key, one without a company by its name.
    pub fn fill(&self, customer: &Customer) -> String {
        let domain = customer.domain.as_deref().unwrap_or(&customer.key);
        // One placeholder at a time, left to right: what is filled in is never read as a template.
        let mut filled = String::with_capacity(self.0.len() + domain.len());
        let mut rest = self.0.as_str();
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            rest = &rest[start..];
            if let Some(after) = rest.strip_prefix(DOMAIN) {
                filled.push_str(domain);
                rest = after;
            } else if let Some(after) = rest.strip_prefix(COMPANY) {
                filled.push_str(&customer.name);
                rest = after;
            } else {
                filled.push('{');
                rest = &rest[1..];
            }
        }
        filled.push_str(rest);
        filled
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let placeholders = text.matches(DOMAIN).count() + text.matches(COMPANY).count();
        let braces = text.matches(['{', '}']).count();
        if placeholders == 0 || braces != 2 * placeholders || text.len() > LONGEST {
            return Err(format!(
                "a name must contain {DOMAIN} or {COMPANY}, nothing else in braces, and have at \
                 most {LONGEST} bytes"
            ));
        }
        Ok(Self(text))
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onboarding::customers::sample;

    #[test]
    fn placeholders_are_filled_once() {
        let template = Template::try_from("{company} ({domain})".to_owned()).expect("template");
        let mut customer = sample("acme.test", "Acme {domain}");
        assert_eq!(template.fill(&customer), "Acme {domain} (acme.test)");
        customer.domain = None;
        customer.key = "ann@gmail.com".into();
        assert_eq!(template.fill(&customer), "Acme {domain} (ann@gmail.com)");
    }
}
