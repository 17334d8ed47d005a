//! Tests of the accounts module; filled in next.
