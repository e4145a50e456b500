//! What the threads keep, written down where others can read it.
//!
//! A thread writes the address of each clone that it keeps, and erases it when it takes the clone: one store each, to memory that no
//! other thread writes. Who looks counts the addresses. Exact for a value that nobody uses, because nobody takes or puts clones of
//! it; while calls come and go, a look sees each place at a moment of its own,
//! and may take a value that is used for one that is not. So [`are_used`] looks many times.

use std::array;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// A thread keeps clones in so many sets, by their addresses.
pub(super) const SETS: usize = 16;
pub(super) const SPARES_PER_SET: usize = 4;

/// On cache lines of its own; two of them, because processors fetch them in pairs.
#[repr(align(128))]
struct Places([[AtomicUsize; SPARES_PER_SET]; SETS]);

/// Those of all threads that live. It is not `sync`'s: a static needs a constructor that is `const`, and no model checks it.
static ALL: Mutex<Vec<Weak<Places>>> = Mutex::new(Vec::new());

/// What stands in no place.
const NOTHING: usize = 0;

/// The addresses of what one thread keeps.
pub(super) struct Notes(Arc<Places>);

impl Notes {
    pub(super) fn new() -> Self {
        let nothing = |_| array::from_fn(|_| AtomicUsize::new(NOTHING));
        let places = Arc::new(Places(array::from_fn(nothing)));
        let mut all = ALL.lock();
        all.retain(|places| places.strong_count() > 0);
        all.push(Arc::downgrade(&places));
        drop(all);
        Self(places)
    }

    #[inline(always)]
    pub(super) fn write(&self, set: usize, place: usize, address: usize) {
        self.0.0[set][place].store(address, Ordering::Relaxed);
    }

    #[inline(always)]
    pub(super) fn erase(&self, set: usize, place: usize) {
        self.write(set, place, NOTHING);
    }
}

/// How many looks find that nobody uses a value before it is taken for that.
///
/// A look errs where a thread moves or lets go of a clone between the count of what is kept and that of all clones. Each look has
/// moments of its own, so all of them would have to meet such a thread.
const LOOKS: usize = 16;

/// Whether anybody has each of these values, beside the threads that keep clones of them.
pub(crate) fn are_used<T: ?Sized>(values: &[Weak<T>]) -> Vec<bool> {
    let mut used = vec![false; values.len()];
    for _ in 0..LOOKS {
        let kept = Kept::now();
        used.iter_mut().zip(values).for_each(|(is_used, value)| *is_used = *is_used || kept.is_used(value));
        if !used.contains(&false) {
            break;
        }
    }
    used
}

/// How many clones of each value the threads keep.
pub(super) struct Kept(HashMap<usize, usize>);

impl Kept {
    pub(super) fn now() -> Self {
        let mut counts = HashMap::new();
        for places in ALL.lock().iter().filter_map(Weak::upgrade) {
            let addresses = places.0.iter().flatten().map(|place| place.load(Ordering::Relaxed));
            addresses
                .filter(|&address| address != NOTHING)
                .for_each(|address| *counts.entry(address).or_default() += 1);
        }
        Self(counts)
    }

    /// Whether anybody has this value, beside the threads that keep clones of it.
    pub(super) fn is_used<T: ?Sized>(&self, value: &Weak<T>) -> bool {
        let address = value.as_ptr().cast::<()>().addr();
        value.strong_count() > self.0.get(&address).copied().unwrap_or_default()
    }
}
