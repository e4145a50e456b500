//! Bodies that are larger than what is kept.

use crate::client::{Wire, on_both};
use crate::replay::drip::{CAP, Drip, LARGE, Told};
use crate::replay::server::{ALL, Act, Then, WELL, after};
use crate::replay::wire::{self, retry};

/// Puts a body over the cap, and says the status, how many calls arrived, and whether the first is whole.
async fn put(wire: Wire, act: Act, length: usize) -> (Option<u16>, usize, bool) {
    let (status, arrivals) = wire::put(wire, &[act], retry(), Drip::new(length, Told::Exact)).await;
    assert!(arrivals.iter().all(|one| one.is_right), "{act:?} {length} {arrivals:?}");
    (status, arrivals.len(), arrivals[0].is_whole(length))
}

#[tokio::test]
async fn a_body_over_the_cap_is_sent_once_and_goes_on_to_its_end() {
    on_both(async |wire| {
        for (act, length, status, is_whole) in [
            (WELL, CAP + 1, Some(200), true),
            (WELL, LARGE, Some(200), true),
            (after(ALL, Then::Answer(503)), CAP + 1, Some(503), true),
            (after(ALL, Then::Answer(503)), LARGE, Some(503), true),
            (after(LARGE / 2, Then::ReadOn(503)), LARGE, Some(503), true),
            (after(LARGE / 2, Then::Cut), LARGE, None, false),
        ] {
            assert_eq!(put(wire, act, length).await, (status, 1, is_whole), "{act:?} {length}");
        }
        // Over HTTP/1.1 the response may be lost: the server closes the connection on what it does not read.
        let (status, calls, _) = put(wire, after(LARGE / 2, Then::Answer(503)), LARGE).await;
        assert_eq!(calls, 1);
        assert!(status == Some(503) || (status, wire) == (None, Wire::Http1), "{status:?}");
    })
    .await;
}

#[tokio::test]
async fn a_cap_of_zero_sends_all_bodies_once_but_empty_ones() {
    on_both(async |wire| {
        for (length, status, calls) in [(0, 200, 2), (1, 503, 1)] {
            let body = Drip::new(length, Told::Exact);
            let (seen, arrivals) = wire::put(wire, &[after(ALL, Then::Answer(503))], retry().max_body(0), body).await;
            assert_eq!((seen, arrivals.len()), (Some(status), calls), "{length}");
        }
    })
    .await;
}
