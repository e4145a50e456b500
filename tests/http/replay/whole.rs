//! What arrives when the body can be kept.

use std::iter;

use crate::replay::{
    drip::{CAP, Drip, LARGE, Told},
    server::{ALL, Act, Arrival, Then, after},
    wire::{BOTH, Version, World, in_time, retry},
};

const KEEPS_LARGE: usize = 16 * 1024 * 1024;

/// All ways for an attempt to fail, once so many bytes were read where it reads some.
fn failures(bytes: usize) -> [Act; 7] {
    [
        after(0, Then::Answer(503)),
        after(0, Then::ReadOn(503)),
        after(0, Then::Cut),
        after(bytes, Then::Answer(503)),
        after(bytes, Then::ReadOn(503)),
        after(bytes, Then::Cut),
        after(ALL, Then::Answer(503)),
    ]
}

async fn arrivals_of(version: Version, script: &[Act], max_body: usize, body: Drip) -> Vec<Arrival> {
    let world = World::over_tcp(version, script).await;
    let status = in_time(world.put(retry().max_body(max_body), body)).await.unwrap();
    assert_eq!(status, 200, "{version:?} {script:?}");
    world.server.arrivals()
}

/// Claims that the last attempt brings every byte, and that those before brought no wrong one.
async fn claim_whole(script: &[Act], max_body: usize, length: usize, told: Told) {
    for version in BOTH {
        let arrivals = arrivals_of(version, script, max_body, Drip::new(length, told)).await;
        assert_eq!(arrivals.len(), script.len() + 1, "{version:?} {script:?} {length} {told:?} {arrivals:?}");
        assert!(arrivals.iter().all(|one| one.is_right), "{version:?} {script:?} {length} {told:?} {arrivals:?}");
        assert!(arrivals.last().unwrap().is_whole(length), "{version:?} {script:?} {length} {told:?} {arrivals:?}");
    }
}

#[tokio::test]
async fn a_small_body_arrives_whole_on_the_second_attempt() {
    for length in [0, 1, 5000, CAP - 1, CAP] {
        for failure in failures(length / 2) {
            claim_whole(&[failure], CAP, length, Told::Exact).await;
            claim_whole(&[failure], CAP, length, Told::Nothing).await;
        }
    }
}

#[tokio::test]
async fn a_body_of_one_byte_more_than_is_kept_by_default_arrives_whole_where_more_is_kept() {
    for failure in failures(CAP) {
        claim_whole(&[failure], CAP + 1, CAP + 1, Told::Exact).await;
        claim_whole(&[failure], CAP + 1, CAP + 1, Told::Nothing).await;
    }
}

#[tokio::test]
async fn ten_mebibytes_arrive_whole_after_an_answer_that_came_early() {
    for bytes in [0, LARGE / 3] {
        claim_whole(&[after(bytes, Then::Answer(503))], KEEPS_LARGE, LARGE, Told::Exact).await;
    }
}

#[tokio::test]
async fn ten_mebibytes_arrive_whole_though_the_server_reads_on_in_the_first_attempt() {
    claim_whole(&[after(LARGE / 3, Then::ReadOn(503))], KEEPS_LARGE, LARGE, Told::Exact).await;
}

#[tokio::test]
async fn ten_mebibytes_arrive_whole_after_the_connection_was_cut() {
    claim_whole(&[after(LARGE / 2, Then::Cut)], KEEPS_LARGE, LARGE, Told::Nothing).await;
}

#[tokio::test]
async fn ten_mebibytes_arrive_whole_twice() {
    claim_whole(&[after(ALL, Then::Answer(503))], KEEPS_LARGE, LARGE, Told::Nothing).await;
}

#[tokio::test]
async fn the_third_attempt_sends_all_that_either_before_it_read() {
    let length = 300_000;
    for (first, second) in failures(100_000).into_iter().flat_map(|one| iter::repeat(one).zip(failures(200_000))) {
        claim_whole(&[first, second], KEEPS_LARGE, length, Told::Exact).await;
    }
}
