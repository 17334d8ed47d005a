//! Tests of the webhook module; filled in next.
