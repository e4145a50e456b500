//! The layers for gRPC between tonic's clients and servers, over real connections.

#![cfg(feature = "tonic")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

#[path = "../support/errors.rs"]
mod errors;
#[path = "../support/patience.rs"]
mod patience;
#[path = "../support/grpc_raw.rs"]
mod raw;
#[path = "../support/grpc_server.rs"]
mod server;
#[path = "../support/sockets.rs"]
#[expect(dead_code, reason = "what serves HTTP alone is of no use here")]
mod sockets;
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod both_ways;
mod classify;
mod client;
mod dead_letter;
mod deadlines;
mod ends;
mod feature;
mod gone;
mod hedge;
mod limits;
mod looked;
mod measure;
mod not_there;
mod one_deadline;
mod own_ends;
mod places;
mod pushback;
mod replaced;
mod replicas;
mod resets;
mod retries;
mod server_side;
mod standard;
mod throttle;
mod unsendable;
mod web;
mod whole;
