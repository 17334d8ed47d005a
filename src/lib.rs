//! Stand-in until the doors exist.
