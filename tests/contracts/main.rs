//! The laws that every layer obeys: each is written once, and holds for every layer and for every stack of them.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]
#![cfg_attr(not(feature = "http"), allow(dead_code, unused_imports, reason = "the laws over HTTP use all of it"))]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod config;
mod determinism;
mod errors;
mod journal;
mod laws;
mod layers;
#[cfg(feature = "http")]
mod over_http;
mod own_limit;
mod remains;
mod shown;
mod stacks;
mod types;
mod verdicts;
