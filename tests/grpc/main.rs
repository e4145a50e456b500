//! The layers for gRPC between tonic's clients and servers, over real connections.

#![cfg(feature = "tonic")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

#[path = "../support/mod.rs"]
mod support;

mod both_ways;
mod classify;
mod client;
mod deadlines;
mod ends;
mod gone;
mod limits;
mod not_there;
mod one_deadline;
mod own_ends;
mod places;
mod probes;
mod pushback;
mod raw;
mod replaced;
mod resets;
mod retries;
mod server;
mod server_side;
mod unsendable;
