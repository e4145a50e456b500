//! Answers, and ends of attempts, while the body is still under way.

use std::{sync::Arc, time::Duration};

use futures_util::{
    future::{Either, join, select},
    pin_mut,
};
use http::Method;
use http_body_util::BodyExt;
use palisade::{Backoff, CircuitBreakerLayer};
use tower::Layer;

use crate::replay::{
    drip::{Drip, Gate, LARGE, Told},
    server::{Act, End, HALVES, Then, WELL, after},
    wire::{BOTH, Version, World, in_process, in_time, retry, send},
};

const KEEPS_ALL: usize = 16 * 1024 * 1024;

/// Where the body waits for the second attempt.
const HELD_UP_AT: usize = 40_000;

#[tokio::test]
async fn an_upload_still_under_way_is_cut_off_and_the_next_attempt_gets_all() {
    for version in BOTH {
        for length in [HELD_UP_AT + 1, LARGE] {
            let (world, gate) =
                (World::over_tcp(version, &[after(1000, Then::ReadOn(503))]).await, Arc::<Gate>::default());
            let body = Drip::new(length, Told::Exact).held_up(HELD_UP_AT, &gate);
            let put = world.put(retry().max_body(KEEPS_ALL), body);
            let (status, ()) = in_time(join(put, world.open_at(2, &gate))).await;
            assert_eq!(status.unwrap(), 200, "{version:?} {length}");
            in_time(world.server.until(|arrivals| arrivals[0].end == End::Broken)).await;
            let arrivals = world.server.arrivals();
            assert!(arrivals[0].is_right && arrivals[0].length <= HELD_UP_AT, "{version:?} {length} {arrivals:?}");
            assert!(arrivals[1].is_whole(length), "{version:?} {length} {arrivals:?}");
        }
    }
}

#[tokio::test]
async fn an_upload_goes_on_while_the_next_attempt_is_waited_for() {
    for version in BOTH {
        let world = World::over_tcp(version, &[after(1000, Then::ReadOn(503))]).await;
        let backoff = Backoff::constant(Duration::from_secs(3600));
        let put = world.put(retry().backoff(backoff).max_body(KEEPS_ALL), Drip::new(LARGE, Told::Exact));
        let uploaded = in_time(world.server.until(|arrivals| arrivals.iter().any(|one| one.is_whole(LARGE))));
        pin_mut!(put, uploaded);
        assert!(matches!(select(put, uploaded).await, Either::Right(_)), "{version:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_early_answer_is_whole_though_the_attempt_that_was_to_replace_it_is_rejected() {
    for version in BOTH {
        for attempts in [1, 2] {
            let world = in_process(version, &[after(1000, Then::Halves(503))]);
            let body = Drip::new(LARGE, Told::Exact).held_up(HELD_UP_AT, &Arc::default());
            let breaker = CircuitBreakerLayer::http("upload").consecutive(1).build().unwrap();
            let circuit = breaker.handle();
            let retry = retry().max_attempts(attempts).backoff(Backoff::constant(Duration::from_millis(100)));
            let request = world.request(Method::PUT, body);
            let answer = in_time(send(breaker.layer(world.client.clone()), retry, request)).await.unwrap();
            assert_eq!((answer.status().as_u16(), circuit.snapshot().rejected), (503, u64::from(attempts) - 1));
            let body = in_time(answer.into_body().collect()).await.unwrap().to_bytes();
            assert_eq!(body, HALVES.concat(), "{version:?} {attempts}");
        }
    }
}

/// Puts a body again and again, and each time the first attempt is answered early.
async fn connections_of(version: Version, failure: Act, rounds: usize) -> usize {
    let script = [failure, WELL].repeat(rounds);
    let world = World::over_tcp(version, &script).await;
    for round in 0..rounds {
        let length = 500_000 + round;
        let status = in_time(world.put(retry().max_body(KEEPS_ALL), Drip::new(length, Told::Exact))).await;
        assert_eq!(status.unwrap(), 200, "{version:?} {failure:?} {round}");
        assert!(world.server.arrivals()[2 * round + 1].is_whole(length), "{version:?} {failure:?} {round}");
    }
    world.server.connections()
}

#[tokio::test]
async fn uploads_that_were_cut_off_leave_an_http_2_connection_as_good_as_new() {
    for failure in [after(0, Then::Answer(503)), after(9000, Then::ReadOn(503)), after(9000, Then::Answer(503))] {
        assert_eq!(connections_of(Version::Http2, failure, 20).await, 1, "{failure:?}");
    }
}

#[tokio::test]
async fn uploads_that_were_cut_off_leave_no_http_1_connection_to_mistake_for_a_good_one() {
    for failure in [after(0, Then::Answer(503)), after(9000, Then::ReadOn(503)), after(9000, Then::Answer(503))] {
        assert!(connections_of(Version::Http1, failure, 20).await <= 21, "{failure:?}");
    }
}

#[tokio::test]
async fn an_answer_to_a_body_that_was_read_leaves_the_connection_for_the_next_attempt() {
    for version in BOTH {
        assert_eq!(connections_of(version, after(usize::MAX, Then::Answer(503)), 5).await, 1, "{version:?}");
    }
}
