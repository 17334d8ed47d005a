//! Stand-in until the world exists.
