//! A call is measured to the end of its stream, by its code wherever that stands.

use palisade::MeasureLayer;
use palisade::measure::Ended;
use tonic::Code;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;

use crate::client::{ask, channel, drain};
use crate::raw::{Raw, serve_raw};

#[tokio::test]
async fn a_code_says_how_a_call_ended_wherever_it_stands() {
    let (ok, not_found, unavailable) = (Code::Ok as i32, Code::NotFound as i32, Code::Unavailable as i32);
    for (place, raw, ended) in [
        ("a code alone", Raw::ok().code(unavailable), Ended::Failure),
        ("after a message", Raw::ok().message().trailers(unavailable), Ended::Failure),
        ("all is well", Raw::ok().message().trailers(ok), Ended::Success),
        ("the caller's mistake", Raw::ok().code(not_found), Ended::Success),
        ("no code", Raw::ok().message(), Ended::Failure),
    ] {
        let layer = MeasureLayer::grpc("measure").build().unwrap();
        let measure = layer.handle();
        let mut client = HealthClient::new(layer.layer(channel(serve_raw(raw).await)));
        if let Ok(stream) = client.watch(ask()).await {
            drop(drain(stream.into_inner()).await);
        }
        assert_eq!((measure.of(ended).count(), measure.all().count(), measure.in_flight()), (1, 1, 0), "{place}");
    }
}
