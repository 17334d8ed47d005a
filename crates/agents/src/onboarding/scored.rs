//! A customer with its health: what the later steps hand on.

use serde::{Deserialize, Serialize};

use super::result::CustomerError;
use super::scoring::Health;
use super::signals::StalledIssue;
use onbehalf_acting::ConnectorError;
use onbehalf_runs::portal::PortalKey;
use onbehalf_tools::Portal;

/// A customer after scoring; holds no address, only HubSpot's ids of its contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScoredCustomer {
    /// Identifies the customer across runs.
    pub key: String,
    /// Company or person.
    pub name: String,
    /// HubSpot's ids of its contacts.
    pub contacts: Vec<String>,
    /// HubSpot's id of its company, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<String>,
    /// HubSpot's id of the owner who looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// Whole days in the lifecycle stage.
    pub days_in_stage: u32,
    /// Score, status and reasons.
    pub health: Health,
    /// The issue to comment on, if one is stalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stalled_issue: Option<StalledIssue>,
}

/// What `signals-and-scores` hands to the actions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scored {
    /// The HubSpot portal they are in; absent in runs of the first release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<PortalKey>,
    /// As HubSpot describes it, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<Portal>,
    /// In the order of their keys.
    pub customers: Vec<ScoredCustomer>,
    /// Connectors that failed so far.
    pub connector_errors: Vec<ConnectorError>,
    /// Customers for whom a signal is missing.
    pub customer_errors: Vec<CustomerError>,
}
