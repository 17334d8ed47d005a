//! Tests of the token module; filled in next.
