//! What a throttle takes for accepted, by the code wherever that stands.

use palisade::{Criticality, ThrottleLayer};
use tonic::Code;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;

use crate::client::{ask, channel, drain};
use crate::raw::{Raw, serve_raw};

#[tokio::test]
async fn a_code_says_whether_a_call_was_accepted_wherever_it_stands() {
    let [ok, not_found, exhausted, unavailable] =
        [Code::Ok, Code::NotFound, Code::ResourceExhausted, Code::Unavailable].map(|code| code as i32);
    for (place, raw, expected) in [
        ("a code alone", Raw::ok().code(unavailable), (1, 0)),
        ("it asks for less", Raw::ok().code(exhausted), (1, 0)),
        ("after a message", Raw::ok().message().trailers(unavailable), (1, 0)),
        ("all is well", Raw::ok().message().trailers(ok), (1, 1)),
        ("the caller's mistake", Raw::ok().code(not_found), (1, 1)),
        ("no code", Raw::ok().message(), (1, 0)),
    ] {
        let layer = ThrottleLayer::grpc("search").build().unwrap();
        let mut client = HealthClient::new(layer.layer(channel(serve_raw(raw).await)));
        if let Ok(stream) = client.watch(ask()).await {
            drop(drain(stream.into_inner()).await);
        }
        let seen = layer.handle().snapshot(Criticality::Critical);
        assert_eq!((seen.requests, seen.accepts), expected, "{place}");
    }
}
