//! Trailers of requests that are sent again.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::replay::{
    drip::{CAP, Drip, Told},
    server::{ALL, Act, End, Then, after},
    wire::{BOTH, Version, World, in_time, retry},
};

const FAILURES: [Act; 4] = [
    after(0, Then::Answer(503)),
    after(1000, Then::ReadOn(503)),
    after(1000, Then::Cut),
    after(ALL, Then::Answer(503)),
];

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([(header::HeaderName::from_static("x-sum"), HeaderValue::from_static("7"))])
}

/// Claims that the attempt after this failure brings the body and its trailers.
async fn claim(version: Version, failure: Act, length: usize, told: Told) {
    let world = World::over_tcp(version, &[failure, failure]).await;
    let mut request = world.request(Method::PUT, Drip::new(length, told).with_trailers(trailers()));
    request.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
    request.headers_mut().insert(header::TRAILER, HeaderValue::from_static("x-sum"));
    let answer = in_time(world.send(retry(), request)).await.unwrap();
    let arrivals = world.server.arrivals();
    assert_eq!((answer.status().as_u16(), arrivals.len()), (200, 3), "{version:?} {failure:?} {length} {told:?}");
    assert!(arrivals[2].is_whole(length), "{version:?} {failure:?} {length} {told:?} {arrivals:?}");
    for arrival in arrivals.iter().filter(|arrival| arrival.end == End::Whole) {
        assert_eq!(arrival.trailers, Some(trailers()), "{version:?} {failure:?} {length} {told:?} {arrivals:?}");
    }
}

#[tokio::test]
async fn trailers_come_after_the_body_on_every_attempt_that_sends_it_whole() {
    for version in BOTH {
        for failure in FAILURES {
            for length in [0, 1, 20_000, CAP] {
                claim(version, failure, length, Told::Nothing).await;
            }
        }
    }
}

#[tokio::test]
async fn trailers_come_after_a_body_of_told_length_where_the_protocol_has_them() {
    for failure in FAILURES {
        claim(Version::Http2, failure, 20_000, Told::Exact).await;
    }
}
