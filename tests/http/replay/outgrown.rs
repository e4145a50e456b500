//! Bodies of which there is more than is kept.

use crate::replay::{
    drip::{CAP, Drip, LARGE, Told},
    server::{ALL, Act, End, Then, WELL, after},
    wire::{BOTH, Version, World, in_time, retry},
};

const LENGTHS: [usize; 2] = [CAP + 1, LARGE];

/// Puts a body over the cap, and says the status and what arrived once nobody reads any more.
async fn put(version: Version, act: Act, length: usize) -> (Option<u16>, usize, bool) {
    let world = World::over_tcp(version, &[act]).await;
    in_time(async {
        let status = world.put(retry(), Drip::new(length, Told::Exact)).await.ok();
        world.server.until(|arrivals| arrivals.iter().all(|one| one.end != End::Reading)).await;
        let arrivals = world.server.arrivals();
        assert!(arrivals.iter().all(|one| one.is_right), "{version:?} {act:?} {length} {arrivals:?}");
        (status, arrivals.len(), arrivals[0].is_whole(length))
    })
    .await
}

#[tokio::test]
async fn a_body_over_the_cap_arrives_whole() {
    for (version, length) in BOTH.into_iter().flat_map(|version| LENGTHS.map(|length| (version, length))) {
        assert_eq!(put(version, WELL, length).await, (Some(200), 1, true), "{version:?} {length}");
    }
}

#[tokio::test]
async fn a_failure_after_a_whole_body_over_the_cap_is_the_answer() {
    for (version, length) in BOTH.into_iter().flat_map(|version| LENGTHS.map(|length| (version, length))) {
        let put = put(version, after(ALL, Then::Answer(503)), length).await;
        assert_eq!(put, (Some(503), 1, true), "{version:?} {length}");
    }
}

#[tokio::test]
async fn an_early_failure_leaves_an_upload_over_the_cap_to_go_on_to_its_end() {
    for version in BOTH {
        let put = put(version, after(LARGE / 2, Then::ReadOn(503)), LARGE).await;
        assert_eq!(put, (Some(503), 1, true), "{version:?}");
    }
}

#[tokio::test]
async fn a_body_over_the_cap_is_not_sent_again_where_the_server_reads_no_more() {
    let (status, calls, _) = put(Version::Http2, after(LARGE / 2, Then::Answer(503)), LARGE).await;
    assert_eq!((status, calls), (Some(503), 1));
    // An answer may be lost there: the server closes the connection on what it does not read.
    let (status, calls, _) = put(Version::Http1, after(LARGE / 2, Then::Answer(503)), LARGE).await;
    assert!(matches!((status, calls), (Some(503) | None, 1)), "{status:?} {calls}");
}

#[tokio::test]
async fn a_body_over_the_cap_is_not_sent_again_where_the_connection_is_cut() {
    for version in BOTH {
        let put = put(version, after(LARGE / 2, Then::Cut), LARGE).await;
        assert_eq!(put, (None, 1, false), "{version:?}");
    }
}

#[tokio::test]
async fn a_cap_of_zero_sends_all_bodies_once_but_empty_ones() {
    for version in BOTH {
        for (length, calls) in [(0, 2), (1, 1)] {
            let world = World::over_tcp(version, &[after(ALL, Then::Answer(503))]).await;
            let status = in_time(world.put(retry().max_body(0), Drip::new(length, Told::Exact))).await.unwrap();
            let seen = (status, world.server.arrivals().len());
            assert_eq!(seen, (if calls == 1 { 503 } else { 200 }, calls), "{version:?} {length}");
        }
    }
}
