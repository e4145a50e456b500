//! What the heads of the attempts say of the body.

use std::sync::Arc;

use futures_util::future::join;
use http::{HeaderMap, Method, header};
use hyper_util::client::legacy::connect::Connect;

use crate::client::{Wire, on_both};
use crate::patience::soon;
use crate::replay::drip::{Drip, Told};
use crate::replay::server::{ALL, Then, after, failures};
use crate::replay::wire::{World, retry};

/// The length and the encoding that were told, for each of three attempts.
async fn said<C>(world: &World<C>, method: Method, body: Drip) -> Vec<[Option<String>; 2]>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let answer = soon(world.send(retry(), world.request(method, body))).await.unwrap();
    let text = |head: &HeaderMap, name| head.get(name).map(|value| value.to_str().unwrap().to_owned());
    let arrivals = world.server.arrivals();
    assert_eq!((answer.status().as_u16(), arrivals.len()), (200, 3), "{arrivals:?}");
    let names = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    arrivals.iter().map(|arrival| names.each_ref().map(|name| text(&arrival.head, name))).collect()
}

#[tokio::test]
async fn every_attempt_tells_of_its_length_what_the_first_told() {
    on_both(async |wire| {
        for failure in failures(5000).into_iter().chain([after(ALL, Then::Cut)]) {
            for (method, length, told) in
                [(Method::PUT, 20_000, Some("20000")), (Method::GET, 0, None), (Method::PUT, 0, Some("0"))]
            {
                let world = World::over_tcp(wire, &[failure; 2]).await;
                let said = said(&world, method.clone(), Drip::new(length, Told::Exact)).await;
                // An empty put may tell nothing.
                let first = if said[0][0].is_none() && length == 0 { None } else { told };
                assert_eq!(said, vec![[first.map(str::to_owned), None]; 3], "{failure:?} {method} {length}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_attempt_tells_a_length_that_is_not_known_yet() {
    on_both(async |wire| {
        let (failure, gate) = (after(100, Then::ReadOn(503)), Arc::default());
        let world = World::over_tcp(wire, &[failure; 2]).await;
        let body = Drip::new(20_000, Told::Nothing).held_up(10_000, &gate);
        let (said, ()) = join(said(&world, Method::PUT, body), soon(world.open_at(3, &gate))).await;
        let chunked = (wire == Wire::Http1).then(|| "chunked".to_owned());
        assert_eq!(said, vec![[None, chunked]; 3]);
    })
    .await;
}
