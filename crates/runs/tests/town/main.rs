//! All objects together, as their users see them: over real SQLite, with a clock moved by hand.

#[path = "../cabinet/mod.rs"]
mod cabinet;
mod common;

mod approvals;
mod approvals_list;
mod connections;
mod crashes;
mod ended;
mod kept;
mod latest;
mod migrations;
mod portals;
mod repeats;
mod schedules;
mod starts;
mod threads;
mod wakeups;
mod yard;
