//! Bodies that are wrong about their length.

use std::sync::Arc;

use futures_util::future::join;
use http::header;

use crate::client::on_both;
use crate::patience::soon;
use crate::replay::drip::{Drip, Gate, Told};
use crate::replay::server::{End, Then, WELL, after, failures};
use crate::replay::wire::{World, put, retry};

const LENGTH: usize = 20_000;

#[tokio::test]
async fn wrong_bounds_change_nothing_that_is_sent() {
    let bounds = [Told::Bounds(u64::MAX, None), Told::Bounds(0, Some(3)), Told::Bounds(1 << 40, Some(u64::MAX))];
    on_both(async |wire| {
        for failure in failures(5000) {
            for told in bounds {
                let (status, arrivals) = put(wire, &[failure; 2], retry(), Drip::new(LENGTH, told)).await;
                assert_eq!((status, arrivals.len()), (Some(200), 3), "{failure:?} {told:?} {arrivals:?}");
                assert!(arrivals[2].is_whole(LENGTH), "{failure:?} {told:?} {arrivals:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_shorter_than_it_told_is_never_taken_for_whole() {
    on_both(async |wire| {
        for act in [WELL, after(5000, Then::ReadOn(503)), after(5000, Then::Cut)] {
            for length in [0, LENGTH] {
                let body = Drip::new(length, Told::Promise(length as u64 + 100));
                let (status, arrivals) = put(wire, &[act], retry(), body).await;
                assert!(arrivals.iter().all(|one| one.end != End::Whole), "{act:?} {length} {arrivals:?}");
                assert_ne!(status, Some(200), "{act:?} {length} {arrivals:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_does_not_count_down_what_is_left_arrives_whole() {
    on_both(async |wire| {
        for failure in [after(1000, Then::ReadOn(503)), after(1000, Then::Cut)] {
            let (world, gate) = (World::over_tcp(wire, &[failure]).await, Arc::<Gate>::default());
            let body = Drip::new(LENGTH, Told::Still(LENGTH as u64)).held_up(LENGTH / 2, &gate);
            let (status, ()) = soon(join(world.put(retry(), body), world.open_at(2, &gate))).await;
            let arrivals = world.server.arrivals();
            assert_eq!(status.unwrap(), 200, "{failure:?} {arrivals:?}");
            assert!(arrivals[1].is_whole(LENGTH), "{failure:?} {arrivals:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_longer_than_it_told_is_told_as_long_on_every_attempt() {
    let told = 7000;
    on_both(async |wire| {
        for failure in failures(5000) {
            let (_, arrivals) = put(wire, &[failure; 2], retry(), Drip::new(LENGTH, Told::Promise(told as u64))).await;
            for one in &arrivals {
                assert_eq!(one.head[header::CONTENT_LENGTH], told.to_string(), "{failure:?} {arrivals:?}");
                assert!(one.end != End::Whole || one.is_whole(told), "{failure:?} {arrivals:?}");
            }
        }
    })
    .await;
}
