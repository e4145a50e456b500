//! Bodies that are wrong about their length.

use std::sync::Arc;

use futures_util::future::join;
use http::header;

use crate::replay::{
    drip::{Drip, Gate, Told},
    server::{ALL, Act, End, Then, WELL, after},
    wire::{BOTH, World, in_time, retry},
};

const LENGTH: usize = 20_000;

const FAILURES: [Act; 4] = [
    after(0, Then::Answer(503)),
    after(5000, Then::ReadOn(503)),
    after(5000, Then::Cut),
    after(ALL, Then::Answer(503)),
];

#[tokio::test]
async fn wrong_bounds_change_nothing_that_is_sent() {
    for version in BOTH {
        for failure in FAILURES {
            for told in [Told::Bounds(u64::MAX, None), Told::Bounds(0, Some(3)), Told::Bounds(1 << 40, Some(u64::MAX))]
            {
                let world = World::over_tcp(version, &[failure, failure]).await;
                let status = in_time(world.put(retry(), Drip::new(LENGTH, told))).await.unwrap();
                let arrivals = world.server.arrivals();
                assert_eq!((status, arrivals.len()), (200, 3), "{version:?} {failure:?} {told:?} {arrivals:?}");
                assert!(arrivals[2].is_whole(LENGTH), "{version:?} {failure:?} {told:?} {arrivals:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_is_shorter_than_it_told_is_never_taken_for_whole() {
    for version in BOTH {
        for (act, length) in [WELL, FAILURES[1], FAILURES[2]].into_iter().flat_map(|act| [(act, 0), (act, LENGTH)]) {
            let world = World::over_tcp(version, &[act]).await;
            let result = in_time(world.put(retry(), Drip::new(length, Told::Promise(length as u64 + 100)))).await;
            let arrivals = world.server.arrivals();
            assert!(arrivals.iter().all(|one| one.end != End::Whole), "{version:?} {act:?} {length} {arrivals:?}");
            assert!(!matches!(result, Ok(200)), "{version:?} {act:?} {length} {arrivals:?}");
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_count_down_what_is_left_arrives_whole_after_an_attempt_that_read_half_of_it() {
    for version in BOTH {
        for failure in [after(1000, Then::ReadOn(503)), after(1000, Then::Cut)] {
            let (world, gate) = (World::over_tcp(version, &[failure]).await, Arc::<Gate>::default());
            let body = Drip::new(LENGTH, Told::Still(LENGTH as u64)).held_up(LENGTH / 2, &gate);
            let (status, ()) = in_time(join(world.put(retry(), body), world.open_at(2, &gate))).await;
            let arrivals = world.server.arrivals();
            assert_eq!(status.unwrap(), 200, "{version:?} {failure:?} {arrivals:?}");
            assert!(arrivals[1].is_whole(LENGTH), "{version:?} {failure:?} {arrivals:?}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_longer_than_it_told_is_told_as_long_on_every_attempt() {
    let told = 7000;
    for version in BOTH {
        for failure in FAILURES {
            let world = World::over_tcp(version, &[failure, failure]).await;
            let result = in_time(world.put(retry(), Drip::new(LENGTH, Told::Promise(told as u64)))).await;
            let arrivals = world.server.arrivals();
            let lengths = arrivals.iter().map(|one| one.head[header::CONTENT_LENGTH].to_str().unwrap().to_owned());
            let lengths: Vec<_> = lengths.collect();
            assert!(lengths.iter().all(|length| *length == told.to_string()), "{version:?} {failure:?} {lengths:?}");
            let whole = arrivals.iter().filter(|one| one.end == End::Whole);
            assert!(whole.clone().all(|one| one.is_whole(told)), "{version:?} {failure:?} {result:?} {arrivals:?}");
        }
    }
}
