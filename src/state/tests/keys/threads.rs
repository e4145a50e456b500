//! Claims about threads that bring keys at the same time.

use super::*;

const FEW: usize = 10;

/// Fails where there are more than [`FEW`].
#[derive(Clone)]
struct Counted(Arc<Life>);

struct Life(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        assert!(alive.fetch_add(1, SeqCst) < FEW, "more than fit");
        Self(Arc::new(Life(Arc::clone(alive))))
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Retain for Counted {
    type Own = Self;

    fn for_call(&self) -> Self {
        self.clone()
    }

    fn retention(&self) -> Retention {
        if Arc::strong_count(&self.0) == 1 { Retention::Free } else { Retention::Used }
    }
}

#[test]
fn threads_that_bring_their_own_keys_never_make_more_than_fit() {
    let keys = Keys::new(FEW, Nanos(0));
    let alive = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..4_u32 {
            let (keys, alive) = (&keys, &alive);
            scope.spawn(move || {
                for number in 0..2_000 {
                    let key = thread * 2_000 + number;
                    drop(keys.admit(key, Nanos(u64::from(number)), |_| || Counted::new(alive)));
                    assert!(keys.len() <= FEW);
                }
            });
        }
    });
    assert_eq!(keys.len(), keys.collect(|_, _| ()).len());
    assert_eq!(keys.len(), alive.load(SeqCst));
}

#[test]
fn threads_that_bring_the_same_key_are_given_the_same() {
    const ROUNDS: usize = 200;
    let keys = Keys::new(usize::MAX, Nanos(IDLE));
    let count = AtomicUsize::new(0);
    together(ROUNDS, |round| {
        let make = || {
            // While this one is made, the other thread looks for it in vain.
            (0..100).for_each(|_| thread::yield_now());
            Kept::new(count.fetch_add(1, SeqCst))
        };
        drop(keys.admit(round, Nanos(0), |_| &make));
    });
    assert_eq!((keys.len(), count.load(SeqCst)), (ROUNDS, ROUNDS));
}

#[test]
fn threads_that_bring_one_key_for_the_last_place_all_have_room() {
    const ROUNDS: usize = 50_000;
    let maps: Vec<_> = (0..ROUNDS).map(|_| map(1)).collect();
    let came_in = AtomicUsize::new(0);
    together(ROUNDS, |round| {
        came_in.fetch_add(usize::from(maps[round].came_in(1, 0)), SeqCst);
    });
    assert_eq!(came_in.load(SeqCst), 2 * ROUNDS);
}

/// A call holds what it was given, while another lets go of all it can.
#[test]
fn no_two_calls_of_a_key_have_different_entries_at_once() {
    let keys = Keys::new(1, Nanos(0));
    // By key, the entry that a call has now.
    let inside = [(); 2].map(|()| AtomicUsize::new(0));
    let (calls, entries, met) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            let (keys, inside, calls, entries, met) = (&keys, &inside, &calls, &entries, &met);
            scope.spawn(move || {
                for _ in 0..30_000 {
                    let call = calls.fetch_add(1, SeqCst) as u64;
                    let key = u32::from(call / 3 % 2 == 0);
                    let make = || Kept::new(entries.fetch_add(1, SeqCst) + 1);
                    let Some(kept) = keys.admit(key, Nanos(call), |_| &make) else { continue };
                    let (inside, number) = (&inside[key as usize], kept.0.number);
                    match inside.compare_exchange(0, number, SeqCst, SeqCst) {
                        Ok(_) => {
                            thread::yield_now();
                            inside.store(0, SeqCst);
                        }
                        Err(other) => {
                            assert_eq!(other, number, "another entry of key {key} is in use");
                            met.fetch_add(1, SeqCst);
                        }
                    }
                }
            });
        }
    });
    assert!(entries.load(SeqCst) > 2 && met.load(SeqCst) > 0, "entries went and came, and calls met");
}
