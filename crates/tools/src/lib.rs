//! Tools: typed actions in the connected apps, each two pure functions around one Scalekit call.
//!
//! Owns the [`Tool`] trait and the way it is run, the [`Registry`], what an input may ask for, and
//! one file per tool, and the catalogue's tools that the settings open. Refuses to know who calls (a [`ToolContext`] comes in, built from the
//! verified request), how Scalekit is reached (`onbehalf_connector`), and what the results are for
//! (`onbehalf_agents::onboarding`).
//!
//! What a model is asked to supply and what identifies the user are kept apart by the compiler:
//! [`tool_input!`](crate::tool_input) refuses fields such as `user_id` or `token`.
//!
//! # Adding a tool
//! One file like this, and one line in [`Registry::standard`]. A tool for an app that no
//! [`Connector`](onbehalf_connector::Connector) names yet needs one row in `connector/name.rs` too.
//! A tool that writes says how a write is found again whose answer was lost ([`Findable`]), and is
//! added with [`Registry::with_findable`]; one that does not leaves an unclear answer unclear.
//!
//! ```
//! use onbehalf_connector::{CallKind, Connector};
//! use onbehalf_clock::Timestamp;
//! use onbehalf_tools::{InputError, OutputError, Registry, Tool};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use serde_json::{Value, json};
//!
//! onbehalf_tools::tool_input! {
//!     /// Which task is done.
//!     pub struct CompleteTask {
//!         /// The task's id in HubSpot.
//!         pub task_id: String,
//!     }
//! }
//!
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! pub struct Completed {
//!     /// The task's id in HubSpot.
//!     pub task_id: String,
//! }
//!
//! /// Marks a follow-up task as done.
//! pub struct HubspotCompleteTask;
//!
//! impl Tool for HubspotCompleteTask {
//!     const ID: &'static str = "hubspot-complete-task";
//!     const DESCRIPTION: &'static str = "Marks a HubSpot task as completed.";
//!     const CONNECTOR: Connector = Connector::HUBSPOT;
//!     const SCALEKIT_NAME: &'static str = "hubspot_task_complete";
//!     const KIND: CallKind = CallKind::Write;
//!     type Input = CompleteTask;
//!     type Output = Completed;
//!
//!     fn params(input: &CompleteTask) -> Result<Value, InputError> {
//!         Ok(json!({ "task_id": input.task_id }))
//!     }
//!
//!     fn output(data: &Value, _: &CompleteTask, _: Timestamp) -> Result<Completed, OutputError> {
//!         let id = data.get("id").and_then(Value::as_str).ok_or(OutputError::Malformed("id"))?;
//!         Ok(Completed { task_id: id.to_owned() })
//!     }
//! }
//!
//! let registry = Registry::standard()?.with::<HubspotCompleteTask>()?;
//! assert!(registry.get("hubspot-complete-task").is_ok());
//! # Ok::<(), onbehalf_tools::RegistryError>(())
//! ```

mod account;
mod app_page;
mod catalogue;
mod context;
mod dry_write;
mod finding;
mod hubspot_contacts;
mod hubspot_create_task;
mod hubspot_due_tasks;
mod hubspot_list_tasks;
mod hubspot_owner;
mod hubspot_portal;
mod hubspot_search_tasks;
mod hubspot_task_links;
mod identity_names;
mod input;
mod json;
mod linear_create_comment;
mod linear_graphql;
mod linear_issues;
mod linear_list_comments;
mod linear_open_issues;
mod outcome;
pub mod refusal;
mod registry;
#[cfg(not(target_arch = "wasm32"))]
mod schema_guard;
#[cfg(not(target_arch = "wasm32"))]
mod schemas;
mod slack;
mod slack_list_messages;
mod slack_open_conversation;
mod slack_send_message;
mod slack_whoami;
#[cfg(test)]
mod testkit;
mod tool;
mod zendesk_query;
mod zendesk_queue;
mod zendesk_tickets;

pub use account::{AppAccount, app_account};
pub use app_page::AppPage;
pub use catalogue::{Catalogue, CatalogueSettings, CatalogueTool, Offered, TOOL_CATALOGUE};
pub use context::{ContextMissing, REQUIRED_CONTEXT, ToolContext};
pub use dry_write::DryWrite;
pub use finding::{
    CallMark, Findable, HISTORY_PAGES, Look, SEARCH_LAG_SECONDS, Sought, find_message, find_tasks,
};
pub use hubspot_contacts::{Contact, Contacts, ContactsInput, HubspotContacts};
pub use hubspot_create_task::{CreatedTask, HubspotCreateTask, TaskInput, TaskPriority};
pub use hubspot_due_tasks::{DueTask, DueTasks, DueTasksInput, HubspotDueTasks};
pub use hubspot_list_tasks::{HubspotListTasks, TaskPage, TaskPageInput};
pub use hubspot_owner::{FoundOwner, HubspotFindOwner, OwnerInput};
pub use hubspot_portal::{HubspotPortal, Portal};
pub use hubspot_search_tasks::{HubspotSearchTasks, Task, Tasks, TasksInput};
pub use hubspot_task_links::{
    AssignInput, AssociateInput, HubspotAssignTask, HubspotAssociateTask, HubspotTaskLinks, Linked,
    RecordKind, TaskLinks, TaskLinksInput,
};
pub use identity_names::is_identity_like;
pub use input::{DomainData, InputError, NoInput, ToolInput};
pub use linear_create_comment::{CommentInput, CommentResult, CommentWritten, LinearCreateComment};
pub use linear_issues::{Issue, IssueState, Issues, IssuesInput, LinearIssues};
pub use linear_list_comments::{Comment, Comments, CommentsInput, LinearListComments};
pub use linear_open_issues::{LinearOpenIssues, OpenIssuesInput};
pub use outcome::{ErrorKind, ToolError, ToolOutcome};
pub use registry::{ErasedTool, Registry, RegistryError, UnknownTool};
#[cfg(not(target_arch = "wasm32"))]
pub use schema_guard::SchemaRefused;
#[cfg(not(target_arch = "wasm32"))]
pub use schemas::ToolSchemas;
pub use slack_list_messages::{Message, Messages, MessagesInput, SlackListMessages};
pub use slack_open_conversation::{Conversation, ConversationInput, SlackOpenConversation};
pub use slack_send_message::{MessageInput, SentMessage, SlackSendMessage};
pub use slack_whoami::{SlackPerson, SlackWhoami};
pub use tool::{OutputError, Tool, run};
pub use zendesk_query::{RequesterBatches, requester_batches};
pub use zendesk_queue::{QueueInput, ZendeskQueue};
pub use zendesk_tickets::{Ticket, Tickets, TicketsInput, ZendeskTickets};
