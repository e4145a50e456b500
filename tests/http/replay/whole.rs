//! What arrives when the body can be kept.

use std::iter;

use crate::client::on_both;
use crate::replay::drip::{CAP, Drip, LARGE, Told};
use crate::replay::server::{ALL, Act, Then, after, failures};
use crate::replay::wire::{put, retry};

const KEEPS_LARGE: usize = 16 * 1024 * 1024;

/// Claims that the last attempt brings every byte, and that those before brought no wrong one.
async fn claim_whole(script: &[Act], max_body: usize, length: usize, told: Told) {
    on_both(async |wire| {
        let (status, arrivals) = put(wire, script, retry().max_body(max_body), Drip::new(length, told)).await;
        assert_eq!((status, arrivals.len()), (Some(200), script.len() + 1), "{script:?} {length} {arrivals:?}");
        assert!(arrivals.iter().all(|one| one.is_right), "{script:?} {length} {told:?} {arrivals:?}");
        assert!(arrivals.last().unwrap().is_whole(length), "{script:?} {length} {told:?} {arrivals:?}");
    })
    .await;
}

#[tokio::test]
async fn a_small_body_arrives_whole_on_the_second_attempt() {
    for (length, max_body) in [(0, CAP), (1, CAP), (5000, CAP), (CAP - 1, CAP), (CAP, CAP), (CAP + 1, CAP + 1)] {
        for failure in failures(length / 2) {
            for told in [Told::Exact, Told::Nothing] {
                claim_whole(&[failure], max_body, length, told).await;
            }
        }
    }
}

#[tokio::test]
async fn ten_mebibytes_arrive_whole_on_the_second_attempt() {
    for (failure, told) in [
        (after(0, Then::Answer(503)), Told::Exact),
        (after(LARGE / 3, Then::Answer(503)), Told::Exact),
        (after(LARGE / 3, Then::ReadOn(503)), Told::Exact),
        (after(LARGE / 2, Then::Cut), Told::Nothing),
        (after(ALL, Then::Answer(503)), Told::Nothing),
    ] {
        claim_whole(&[failure], KEEPS_LARGE, LARGE, told).await;
    }
}

#[tokio::test]
async fn the_third_attempt_sends_all_that_either_before_it_read() {
    for (first, second) in failures(100_000).into_iter().flat_map(|one| iter::repeat(one).zip(failures(200_000))) {
        claim_whole(&[first, second], KEEPS_LARGE, 300_000, Told::Exact).await;
    }
}
