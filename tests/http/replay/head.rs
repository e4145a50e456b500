//! What the heads of the attempts say of the body.

use std::sync::Arc;

use futures_util::future::join;
use http::{HeaderMap, Method, header};
use hyper_util::client::legacy::connect::Connect;

use crate::replay::{
    drip::{Drip, Told},
    server::{ALL, Act, Then, after},
    wire::{BOTH, Version, World, in_time, retry},
};

const FAILURES: [Act; 5] = [
    after(0, Then::Answer(503)),
    after(5000, Then::ReadOn(503)),
    after(5000, Then::Cut),
    after(ALL, Then::Answer(503)),
    after(ALL, Then::Cut),
];

/// What was said of the length, for each of three attempts.
async fn said<C>(world: &World<C>, method: Method, body: Drip) -> Vec<(Option<String>, Option<String>)>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let answer = in_time(world.send(retry(), world.request(method, body))).await.unwrap();
    let text = |head: &HeaderMap, name| head.get(name).map(|value| value.to_str().unwrap().to_owned());
    let arrivals = world.server.arrivals();
    assert_eq!((answer.status().as_u16(), arrivals.len()), (200, 3), "{arrivals:?}");
    let heads = arrivals.iter().map(|arrival| &arrival.head);
    heads.map(|head| (text(head, header::CONTENT_LENGTH), text(head, header::TRANSFER_ENCODING))).collect()
}

async fn said_over_tcp(
    version: Version,
    method: Method,
    failure: Act,
    body: Drip,
) -> Vec<(Option<String>, Option<String>)> {
    said(&World::over_tcp(version, &[failure, failure]).await, method, body).await
}

#[tokio::test]
async fn every_attempt_tells_the_same_length() {
    for version in BOTH {
        for failure in FAILURES {
            let said = said_over_tcp(version, Method::PUT, failure, Drip::new(20_000, Told::Exact)).await;
            assert_eq!(said, vec![(Some("20000".to_owned()), None); 3], "{version:?} {failure:?}");
        }
    }
}

#[tokio::test]
async fn no_attempt_tells_a_length_that_is_not_known_yet() {
    for version in BOTH {
        let (failure, gate) = (after(100, Then::ReadOn(503)), Arc::default());
        let world = World::over_tcp(version, &[failure, failure]).await;
        let body = Drip::new(20_000, Told::Nothing).held_up(10_000, &gate);
        let (said, ()) = join(said(&world, Method::PUT, body), in_time(world.open_at(3, &gate))).await;
        let chunked = (version == Version::Http1).then(|| "chunked".to_owned());
        assert_eq!(said, vec![(None, chunked); 3], "{version:?}");
    }
}

#[tokio::test]
async fn no_attempt_of_a_get_has_a_body() {
    for version in BOTH {
        for failure in FAILURES {
            let said = said_over_tcp(version, Method::GET, failure, Drip::new(0, Told::Exact)).await;
            assert_eq!(said, vec![(None, None); 3], "{version:?} {failure:?}");
        }
    }
}

#[tokio::test]
async fn every_attempt_of_an_empty_put_tells_what_the_first_told() {
    for version in BOTH {
        for failure in FAILURES {
            let said = said_over_tcp(version, Method::PUT, failure, Drip::new(0, Told::Exact)).await;
            assert!(said.iter().all(|one| *one == said[0] && one.1.is_none()), "{version:?} {failure:?} {said:?}");
        }
    }
}
