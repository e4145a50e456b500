//! Trailers of requests that are sent again.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::client::{Wire, on_both};
use crate::patience::soon;
use crate::replay::drip::{CAP, Drip, Told};
use crate::replay::server::{End, failures};
use crate::replay::wire::{World, retry};

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([(header::HeaderName::from_static("x-sum"), HeaderValue::from_static("7"))])
}

/// Claims that the attempt after each failure brings the body and its trailers.
async fn claim(wire: Wire, length: usize, told: Told) {
    for failure in failures(1000) {
        let world = World::over_tcp(wire, &[failure; 2]).await;
        let mut request = world.request(Method::PUT, Drip::new(length, told).with_trailers(trailers()));
        request.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
        request.headers_mut().insert(header::TRAILER, HeaderValue::from_static("x-sum"));
        let answer = soon(world.send(retry(), request)).await.unwrap();
        let arrivals = world.server.arrivals();
        assert_eq!((answer.status().as_u16(), arrivals.len()), (200, 3), "{failure:?} {length} {told:?}");
        assert!(arrivals[2].is_whole(length), "{failure:?} {length} {told:?} {arrivals:?}");
        for arrival in arrivals.iter().filter(|arrival| arrival.end == End::Whole) {
            assert_eq!(arrival.trailers, Some(trailers()), "{failure:?} {length} {told:?} {arrivals:?}");
        }
    }
}

#[tokio::test]
async fn trailers_come_after_the_body_on_every_attempt_that_is_whole() {
    on_both(async |wire| {
        for length in [0, 1, 20_000, CAP] {
            claim(wire, length, Told::Nothing).await;
        }
    })
    .await;
    // HTTP/1.1 has none after a body of told length.
    claim(Wire::Http2, 20_000, Told::Exact).await;
}
