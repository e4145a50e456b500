//! The laws that every layer obeys: each is written once, and holds for every layer and for every stack of them.

#![expect(clippy::unwrap_used, reason = "a law is a test, though it is a function of its own")]

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod boxed;
mod config;
mod determinism;
mod dropping;
mod errors;
mod every_poll;
mod handles;
#[cfg(feature = "http")]
mod http_types;
mod inner;
#[cfg(feature = "http")]
mod over_http;
mod panics;
mod polls;
mod readiness;
mod remains;
mod replay;
mod shown;
mod stacks;
mod stale;
mod time;
mod types;
