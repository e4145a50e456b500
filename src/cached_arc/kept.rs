//! What the threads keep, written down where others can read it.
//!
//! A thread writes the address of each clone that it keeps, and erases it when it takes the clone: one store each, to memory that no
//! other thread writes. Who looks counts the addresses. Exact for a value that nobody uses, because nobody takes or puts clones of
//! it; while calls come and go, a look sees each place at a moment of its own, and may take a value that is used for one that is not.
//! So [`are_used`] looks again, and a value is unused only if all looks say so.

use std::array;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// A thread keeps clones in so many sets, by their addresses.
pub(super) const SETS: usize = 16;
pub(super) const SPARES_PER_SET: usize = 4;
const SHIFT: u32 = u64::BITS - SETS.ilog2();

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

/// A thread that ends keeps nothing, also for those who look at that moment.
impl Drop for Notes {
    fn drop(&mut self) {
        self.0.0.iter().flatten().for_each(|place| place.store(NOTHING, Ordering::Relaxed));
    }
}

/// How many looks find that nobody uses a value before it is taken for that.
///
/// A look errs where a thread moves or lets go of a clone between the count of what is kept and that of all clones, which is a moment.
const LOOKS: usize = 8;

/// Whether anybody has each of these values, beside the threads that keep clones of them.
pub(crate) fn are_used<T: ?Sized>(values: &[Weak<T>]) -> Vec<bool> {
    let threads: Vec<_> = ALL.lock().iter().filter_map(Weak::upgrade).collect();
    values.iter().map(|value| (0..LOOKS).any(|_| is_used(value, &threads))).collect()
}

/// Looks once. Only one set of each thread can have clones of a value.
fn is_used<T: ?Sized>(value: &Weak<T>, threads: &[Arc<Places>]) -> bool {
    let address = value.as_ptr().cast::<()>().addr();
    let set = set_of(address);
    let places = threads.iter().flat_map(|places| &places.0[set]);
    let kept = places.filter(|place| place.load(Ordering::Relaxed) == address).count();
    value.strong_count() > kept
}

/// The set in which a thread keeps clones of the value at this address.
#[inline(always)]
pub(super) const fn set_of(address: usize) -> usize {
    // Fibonacci hashing: the high bits of the product are well mixed.
    ((address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> SHIFT) as usize
}
