//! Futures that are dropped before their end.

use std::cell::RefCell;
use std::future::ready;
use std::time::Duration;

use futures_util::future::join;
use palisade::test_util::{Reply, ScriptedService, drop_at_every_poll};
use tokio::task::yield_now;
use tokio::time::sleep;
use tower::Service;

use crate::support::time::SECOND;
use crate::support::{Down, now, paused};
use palisade::test_util::Calls;

/// Counts its drop.
struct Held(Calls);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.add();
    }
}

#[test]
fn a_future_is_made_and_dropped_once_for_each_number_of_polls() {
    paused(async {
        let (drops, begun, checks) = (Calls::default(), Calls::default(), RefCell::new(Vec::new()));
        let make = || {
            let (held, begun) = (Held(drops.clone()), begun.clone());
            async move {
                begun.add();
                let _held = held;
                for _ in 0..3 {
                    yield_now().await;
                }
                "ended"
            }
        };
        let check = async |polls| checks.borrow_mut().push((polls, begun.count(), drops.count()));
        assert_eq!(drop_at_every_poll(make, check).await, "ended");
        // A future that was not polled has not begun.
        assert_eq!(*checks.borrow(), [(0, 0, 1), (1, 1, 2), (2, 2, 3), (3, 3, 4)]);
        assert_eq!((begun.count(), drops.count()), (4, 5));
    });
}

#[test]
fn a_future_that_is_ready_at_once_is_dropped_once_before() {
    paused(async {
        let checks = Calls::default();
        let output = drop_at_every_poll(|| ready(7), async |_| checks.add()).await;
        assert_eq!((output, checks.count()), (7, 1));
    });
}

#[test]
fn a_paused_clock_goes_on_to_the_next_timer() {
    paused(async {
        let mut service = ScriptedService::<_, Down>::new(std::iter::repeat(Reply::After(SECOND, Ok(7))));
        let (began, mut checks) = (now(), Vec::new());
        let check = async |polls| checks.push((polls, now() - began));
        drop_at_every_poll(|| service.call(()), check).await.unwrap();
        assert_eq!(checks, [(0, Duration::ZERO), (1, Duration::ZERO)]);
        assert_eq!(now() - began, SECOND);
    });
}

#[test]
fn a_poll_that_another_future_caused_counts_too() {
    paused(async {
        let checks = Calls::default();
        let both = || join(sleep(SECOND), async { yield_now().await });
        drop_at_every_poll(both, async |_| checks.add()).await;
        assert_eq!(checks.count(), 3, "after 0, 1 and 2");
    });
}

#[test]
fn what_check_does_may_take_time() {
    paused(async {
        let began = now();
        drop_at_every_poll(yield_now, async |_| sleep(SECOND).await).await;
        assert_eq!(now() - began, 2 * SECOND);
    });
}

#[test]
fn it_is_send_where_check_owns_what_it_uses() {
    let (service, checks) = (ScriptedService::<_, Down>::new(std::iter::repeat(Ok(7))), Calls::default());
    let dropped = async move {
        let check = async move |_| checks.add();
        drop_at_every_poll(|| service.clone().call(()), check).await
    };
    paused(async { assert_eq!(tokio::spawn(dropped).await.unwrap(), Ok(7)) });
}
