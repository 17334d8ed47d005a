//! Tests of the link module; filled in next.
