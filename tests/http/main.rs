//! The layers as they are set up for HTTP, over real servers.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

#[path = "../support/proxy.rs"]
#[expect(dead_code, reason = "it injects more faults than are of use here")]
mod proxy;
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod axum;
#[cfg(feature = "axum")]
mod axum_bodies;
mod bodies;
mod bulkhead;
mod circuit;
mod classify;
mod client;
mod deadline;
mod fallback;
mod given_up;
mod gone;
mod held;
mod hints;
mod last_answers;
#[cfg(feature = "hyper-util")]
mod own_fault;
mod probes;
mod raw;
#[cfg(feature = "reqwest")]
mod redirects;
mod relay;
#[cfg(feature = "hyper-util")]
mod replay;
mod replies;
#[cfg(feature = "reqwest")]
mod reqwest;
mod resend;
mod server;
mod set_aside;
mod timeout;
mod unsent;
#[cfg(feature = "hyper-util")]
mod uploads;
