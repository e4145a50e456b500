//! The layers as they are set up for HTTP, over real servers.

#![cfg(all(feature = "axum", feature = "hyper-util", feature = "reqwest"))]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

#[path = "../support/errors.rs"]
mod errors;
#[path = "../support/patience.rs"]
mod patience;
#[path = "../support/http_server.rs"]
mod server;
#[path = "../support/sockets.rs"]
mod sockets;
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod axum;
mod axum_bodies;
mod bodies;
#[cfg(feature = "http-cache-semantics")]
mod cache;
#[cfg(feature = "chaos")]
mod chaos;
mod circuit;
mod classify;
mod client;
mod coalesce;
mod criticality;
mod dead_letter;
mod deadline;
mod fallback;
mod feature;
mod given_up;
mod health;
mod hedge;
mod held;
mod hints;
mod last_responses;
mod measure;
#[cfg(feature = "net")]
mod one_client;
mod own_fault;
mod paced;
#[cfg(feature = "page")]
mod page;
mod probes;
mod rate_limit;
mod raw;
mod redirects;
mod relay;
mod replay;
mod replicas;
mod reqwest;
mod resend;
mod set_aside;
mod standard;
mod throttle;
mod timeout;
mod unprocessed;
mod unread;
mod unsendable;
mod unsent;
mod uploads;
