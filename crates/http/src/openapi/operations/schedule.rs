//! The caller's daily run.

use super::{JSON, backed, text};
use crate::api::schedule::{EnableScheduleRequest, ScheduleListResponse, SchedulesResponse};
use crate::openapi::parts::{Access, Described};
use crate::openapi::schemas::Schemas;
use crate::wire::problem::ProblemType;
use onbehalf_runs::Schedule;

fn schedule(summary: &'static str, schemas: &mut Schemas) -> Described {
    backed(Described::new("schedule", Access::Bearer, summary))
        .parameter("path", "workflow", "The workflow's id.", text())
        .problem(ProblemType::WorkflowNotFound)
        .answer(200, "The schedule now.", JSON, schemas.of::<Schedule>())
}

pub fn each(schemas: &mut Schemas) -> Described {
    let summary = "Shows the caller's schedule of each workflow that may run by itself";
    backed(Described::new("schedule", Access::Bearer, summary)).answer(
        200,
        "The schedules now.",
        JSON,
        schemas.of::<SchedulesResponse>(),
    )
}

pub fn show(schemas: &mut Schemas) -> Described {
    schedule("Shows the schedule", schemas)
}

pub fn enable(schemas: &mut Schemas) -> Described {
    let wanted = schemas.sent::<EnableScheduleRequest>();
    schedule(
        "Switches the daily run on, under the caller's identity",
        schemas,
    )
    .body(false, wanted)
}

pub fn disable(schemas: &mut Schemas) -> Described {
    schedule("Switches the daily run off", schemas)
}

fn of_organization(summary: &'static str) -> Described {
    backed(Described::new("schedule", Access::Bearer, summary))
        .parameter("path", "workflow", "The workflow's id.", text())
        .problem(ProblemType::WorkflowNotFound)
}

pub fn list(schemas: &mut Schemas) -> Described {
    let summary = "Lists the daily runs that are on in the caller's organization";
    of_organization(summary)
        .answer(
            200,
            "All of them.",
            JSON,
            schemas.of::<ScheduleListResponse>(),
        )
        .problem(ProblemType::RoleRequired)
}

pub fn withdraw() -> Described {
    let summary = "Switches the daily run of somebody of the organization off";
    of_organization(summary)
        .parameter("path", "owner", "As the list names it.", text())
        .bare(204, "It is off.", None)
        .problem(ProblemType::RoleRequired)
        .problem(ProblemType::NotFound)
}
