//! Tests of the transport module; filled in next.
