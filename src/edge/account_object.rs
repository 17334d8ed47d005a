//! A connected account's object on the platform.

use worker::Env;

use super::object::object;
use onbehalf_runs::account::Account;

object!(
    /// The object.
    AccountObject,
    "account",
    protocol
);

fn protocol(_: &Env) -> Account {
    Account
}
