//! Responses, and ends of attempts, while the body is still under way.

use std::sync::Arc;

use futures_util::future::{Either, join, select};
use futures_util::pin_mut;
use http::Method;
use http_body_util::BodyExt;
use palisade::Backoff;
use tower::Layer;

use crate::circuit::{built, consecutive};
use crate::client::{Wire, on_both};
use crate::patience::{HOUR, ms, soon};
use crate::replay::drip::{Drip, LARGE, Told};
use crate::replay::server::{ALL, Act, End, HALVES, Then, WELL, after};
use crate::replay::wire::{World, in_process, retry, send};

const KEEPS_ALL: usize = 16 * 1024 * 1024;

/// Where the body waits for the second attempt.
const HELD_UP_AT: usize = 40_000;

#[tokio::test]
async fn an_upload_under_way_is_cut_off_and_the_next_attempt_gets_all() {
    on_both(async |wire| {
        for length in [HELD_UP_AT + 1, LARGE] {
            let (world, gate) = (World::over_tcp(wire, &[after(1000, Then::ReadOn(503))]).await, Arc::default());
            let put = world.put(retry().max_body(KEEPS_ALL), Drip::new(length, Told::Exact).held_up(HELD_UP_AT, &gate));
            let (status, ()) = soon(join(put, world.open_at(2, &gate))).await;
            assert_eq!(status.unwrap(), 200, "{length}");
            soon(world.server.until(|arrivals| arrivals[0].end == End::Broken)).await;
            let arrivals = world.server.arrivals();
            assert!(arrivals[0].is_right && arrivals[0].length <= HELD_UP_AT, "{length} {arrivals:?}");
            assert!(arrivals[1].is_whole(length), "{length} {arrivals:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_upload_goes_on_while_the_next_attempt_is_waited_for() {
    on_both(async |wire| {
        let world = World::over_tcp(wire, &[after(1000, Then::ReadOn(503))]).await;
        let retry = retry().backoff(Backoff::constant(HOUR)).max_body(KEEPS_ALL);
        let put = world.put(retry, Drip::new(LARGE, Told::Exact));
        let uploaded = soon(world.server.until(|arrivals| arrivals.iter().any(|one| one.is_whole(LARGE))));
        pin_mut!(put, uploaded);
        assert!(matches!(select(put, uploaded).await, Either::Right(_)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_early_response_is_whole_where_the_next_is_rejected() {
    on_both(async |wire| {
        for attempts in [1, 2] {
            let world = in_process(wire, &[after(1000, Then::Halves(503))]);
            let body = Drip::new(LARGE, Told::Exact).held_up(HELD_UP_AT, &Arc::default());
            let (breaker, circuit) = built(consecutive(1));
            let retry = retry().max_attempts(attempts).backoff(Backoff::constant(ms(100)));
            let request = world.request(Method::PUT, body);
            let answer = soon(send(breaker.layer(world.client.clone()), retry, request)).await.unwrap();
            assert_eq!((answer.status().as_u16(), circuit.snapshot().rejected), (503, u64::from(attempts) - 1));
            let body = soon(answer.into_body().collect()).await.unwrap().to_bytes();
            assert_eq!(body, HALVES.concat(), "{attempts}");
        }
    })
    .await;
}

/// How many connections it takes to put a body again and again, when each time the first attempt is answered early.
async fn connections_of(wire: Wire, failure: Act, rounds: usize) -> usize {
    let world = World::over_tcp(wire, &[failure, WELL].repeat(rounds)).await;
    for round in 0..rounds {
        let length = 500_000 + round;
        let status = soon(world.put(retry().max_body(KEEPS_ALL), Drip::new(length, Told::Exact))).await;
        assert_eq!(status.unwrap(), 200, "{failure:?} {round}");
        assert!(world.server.arrivals()[2 * round + 1].is_whole(length), "{failure:?} {round}");
    }
    world.server.connections()
}

#[tokio::test]
async fn an_upload_that_was_cut_off_leaves_no_bad_connection_in_use() {
    for failure in [after(0, Then::Answer(503)), after(9000, Then::ReadOn(503)), after(9000, Then::Answer(503))] {
        assert_eq!(connections_of(Wire::Http2, failure, 20).await, 1, "{failure:?}");
        assert!(connections_of(Wire::Http1, failure, 20).await <= 21, "{failure:?}");
    }
    on_both(async |wire| assert_eq!(connections_of(wire, after(ALL, Then::Answer(503)), 5).await, 1)).await;
}
