//! Whole requests through the routes, against a scripted platform.
