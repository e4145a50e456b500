//! Attempts that are dropped half way.

use std::sync::Arc;

use futures_util::future::{Either, join, select};
use futures_util::pin_mut;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::ResponseFuture;
use hyper_util::client::legacy::connect::Connect;
use palisade::http::Attempt;
use palisade::{Error, TimeoutLayer};
use tower::{BoxError, Layer, service_fn};

use crate::client::on_both;
use crate::patience::{ms, secs, soon};
use crate::replay::drip::{Drip, Gate, LARGE, Told};
use crate::replay::server::{End, Server, Then, after};
use crate::replay::wire::{Sent, World, in_process, retry, send};

const LENGTHS: [usize; 3] = [1000, 50_000, LARGE];

fn is_first(request: &Request<Sent>) -> bool {
    Attempt::of(request) == Attempt(1)
}

/// A put whose body waits half way for the gate.
fn put<C>(world: &World<C>, length: usize, gate: &Arc<Gate>) -> Request<Drip>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    world.request(Method::PUT, Drip::new(length, Told::Exact).held_up(length / 2, gate))
}

/// Claims that the second attempt of this call brings every byte, and the first at most those before the gate.
async fn claim<C, B>(
    world: &World<C>,
    call: impl Future<Output = Result<Response<B>, Error>>,
    gate: &Gate,
    length: usize,
) where
    C: Connect + Clone + Send + Sync + 'static,
{
    let (answer, ()) = soon(join(call, world.open_at(2, gate))).await;
    let arrivals = world.server.arrivals();
    assert!(answer.is_ok_and(|answer| answer.status() == 200), "{length} {arrivals:?}");
    assert!(arrivals[0].is_right && arrivals[0].length <= length / 2, "{length} {arrivals:?}");
    assert!(arrivals[1].is_whole(length), "{length} {arrivals:?}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_took_too_long_is_made_again_whole() {
    let limit = |request: &Request<Sent>| if is_first(request) { ms(20) } else { secs(10) };
    on_both(async |wire| {
        for hang in [after(0, Then::Hang), after(100, Then::Hang), after(0, Then::OnlyRead)] {
            for length in LENGTHS {
                let (world, gate) = (in_process(wire, &[hang]), Arc::default());
                let timed = TimeoutLayer::by_request(limit).cover_body().layer(world.client.clone());
                let call = send(timed, retry().max_body(LARGE), put(&world, length, &gate));
                claim(&world, call, &gate, length).await;
            }
        }
    })
    .await;
}

/// Gives a call up when so many bytes of it have come.
async fn given_up_at(bytes: usize, server: Server, call: ResponseFuture) -> Result<Response<Incoming>, BoxError> {
    let come = server.until(|arrivals| arrivals.iter().any(|one| one.length == bytes));
    pin_mut!(come);
    match select(call, come).await {
        Either::Left((answer, _)) => Ok(answer?),
        Either::Right(_) => Err("given up".into()),
    }
}

#[tokio::test]
async fn an_attempt_that_was_given_up_half_way_is_made_again_whole() {
    on_both(async |wire| {
        for length in LENGTHS {
            let (world, gate) = (World::over_tcp(wire, &[after(0, Then::OnlyRead)]).await, Arc::default());
            let (client, server) = (world.client.clone(), world.server.clone());
            let impatient = service_fn(move |request| {
                let bytes = if is_first(&request) { length / 2 } else { usize::MAX };
                given_up_at(bytes, server.clone(), client.request(request))
            });
            let call = send(impatient, retry().max_body(LARGE), put(&world, length, &gate));
            claim(&world, call, &gate, length).await;
            soon(world.server.until(|arrivals| arrivals[0].end == End::Broken)).await;
            assert_eq!(world.server.arrivals()[0].length, length / 2);
        }
    })
    .await;
}
