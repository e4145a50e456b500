//! Claims about threads that enter, wait and leave.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Waker;
use std::thread;
use std::time::Duration;

use super::{START, bell, enter_all, grant_all, has_entered, wake};
use crate::state::permits::{Joined, Permits};
use crate::time::Nanos;

/// Nobody waits this long unless a waker was lost.
const FOREVER: Duration = Duration::from_secs(60);

/// Threads that enter, wait, go away and leave, and count how many are inside.
struct Crowd {
    permits: Permits,
    most: usize,
    inside: AtomicUsize,
}

impl Crowd {
    fn new(limit: usize, most: usize) -> Self {
        Self { permits: Permits::new(limit), most, inside: AtomicUsize::new(0) }
    }

    fn visit(&self) {
        let inside = self.inside.fetch_add(1, SeqCst) + 1;
        assert!(inside <= self.most, "{inside} inside");
        thread::yield_now();
        self.inside.fetch_sub(1, SeqCst);
        wake(self.permits.leave());
    }

    /// Waits to the end.
    fn wait(&self) {
        let (waker, rung) = bell();
        match self.permits.join(usize::MAX, waker, Nanos::MAX) {
            Joined::Entered => {}
            Joined::QueueFull => panic!("the queue has no end"),
            Joined::Waiting(ticket) => {
                rung.recv_timeout(FOREVER).expect("nobody sleeps while a place is free");
                assert!(has_entered(&self.permits, ticket), "who is woken has a place");
            }
        }
        self.visit();
    }

    /// Goes away at once, handed a place or not.
    fn give_up(&self) {
        match self.permits.join(2, Waker::noop().clone(), Nanos::MAX) {
            Joined::Entered => self.visit(),
            Joined::QueueFull => {}
            Joined::Waiting(ticket) => {
                thread::yield_now();
                wake(self.permits.cancel(ticket));
            }
        }
    }

    fn hammer(&self, seed: usize) {
        for round in 0..500 {
            match (round * 7 + seed * 3) % 5 {
                0 | 1 => self.wait(),
                2 | 3 => self.give_up(),
                _ if self.permits.try_enter() => self.visit(),
                _ => {}
            }
        }
    }

    fn is_back_to_the_start(&self, limit: usize) {
        assert_eq!((self.permits.in_flight(START), self.permits.queued()), (0, 0));
        assert_eq!(enter_all(&self.permits), limit);
    }
}

#[test]
fn under_threads_the_limit_is_kept_and_nobody_is_lost() {
    for limit in 1..=3 {
        let crowd = Crowd::new(limit, limit);
        thread::scope(|scope| {
            for seed in 0..5 {
                let crowd = &crowd;
                scope.spawn(move || crowd.hammer(seed));
            }
        });
        crowd.is_back_to_the_start(limit);
    }
}

#[test]
fn under_threads_a_resize_loses_nobody() {
    let crowd = Crowd::new(1, 3);
    thread::scope(|scope| {
        for seed in 0..4 {
            let crowd = &crowd;
            scope.spawn(move || crowd.hammer(seed));
        }
        for limit in [0, 3, 1, 2].into_iter().cycle().take(400).chain([2]) {
            crowd.permits.resize(limit);
            grant_all(&crowd.permits);
            thread::yield_now();
        }
    });
    crowd.is_back_to_the_start(2);
}
