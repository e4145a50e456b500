//! What threads share: the standard library's and `parking_lot`'s, or loom's where a model is checked.

#[cfg(not(all(loom, test)))]
pub(crate) use parking_lot::{Mutex, RwLock};
#[cfg(not(all(loom, test)))]
pub(crate) use std::sync::Arc;
#[cfg(not(all(loom, test)))]
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

#[cfg(all(loom, test))]
pub(crate) use loom::sync::Arc;
#[cfg(all(loom, test))]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

/// Points to what is shared, for who lists it.
#[cfg(not(all(loom, test)))]
pub(crate) fn weak<T>(shared: &Arc<T>) -> std::sync::Weak<T> {
    Arc::downgrade(shared)
}

/// Points to nothing: a model's own cannot be pointed to, and no model lists anything.
#[cfg(all(loom, test))]
pub(crate) fn weak<T>(_: &Arc<T>) -> std::sync::Weak<T> {
    std::sync::Weak::new()
}

/// Not a model's: what is in it is made once, and then only read.
pub(crate) use std::sync::OnceLock;
/// Not a model's.
pub(crate) use std::sync::atomic::AtomicBool;

/// loom's mutex with `parking_lot`'s signature.
#[cfg(all(loom, test))]
#[derive(Debug)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

#[cfg(all(loom, test))]
impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().expect("a model does not panic under a lock")
    }

    pub(crate) fn try_lock(&self) -> Option<loom::sync::MutexGuard<'_, T>> {
        self.0.try_lock().ok()
    }
}

/// loom's lock with `parking_lot`'s signature.
#[cfg(all(loom, test))]
#[derive(Debug)]
pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

#[cfg(all(loom, test))]
impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> loom::sync::RwLockReadGuard<'_, T> {
        self.0.read().expect("a model does not panic under a lock")
    }

    pub(crate) fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
        self.0.write().expect("a model does not panic under a lock")
    }
}

/// A small number that no other living thread has; the largest there is for a thread that is about to end. No model checks how
/// numbers are lent, because those of a model have their own.
#[cfg(not(all(loom, test)))]
#[inline(always)]
pub(crate) fn thread_number() -> usize {
    match numbers::KNOWN.get() {
        numbers::UNKNOWN => numbers::learn(),
        number => number,
    }
}

/// The same where the thread has asked for it before, and otherwise a very large number.
#[cfg(not(all(loom, test)))]
#[inline(always)]
pub(crate) fn known_thread_number() -> usize {
    numbers::KNOWN.get()
}

#[cfg(not(all(loom, test)))]
mod numbers {
    use std::cell::Cell;
    use std::collections::BTreeSet;

    use parking_lot::Mutex;

    /// The number of a thread that has not asked for it.
    pub(super) const UNKNOWN: usize = usize::MAX - 1;

    thread_local! {
        /// Beside `LENT`, because what needs no drop is read without a look at whether it was dropped.
        pub(super) static KNOWN: Cell<usize> = const { Cell::new(UNKNOWN) };
        static LENT: Lent = Lent::take();
    }

    #[cold]
    pub(super) fn learn() -> usize {
        let number = LENT.try_with(|lent| lent.0).unwrap_or(usize::MAX);
        KNOWN.set(number);
        number
    }

    /// The numbers that were given back, and the first that was never lent.
    static FREE: Mutex<(BTreeSet<usize>, usize)> = Mutex::new((BTreeSet::new(), 0));

    /// A number for as long as its thread lives. The lock hands it, and all that was written under it, to the next.
    struct Lent(usize);

    impl Lent {
        fn take() -> Self {
            let (free, next) = &mut *FREE.lock();
            Self(free.pop_first().unwrap_or_else(|| {
                *next += 1;
                *next - 1
            }))
        }
    }

    impl Drop for Lent {
        fn drop(&mut self) {
            KNOWN.set(usize::MAX);
            FREE.lock().0.insert(self.0);
        }
    }
}

/// Numbers the threads of a model, the same in each of its runs.
#[cfg(all(loom, test))]
pub(crate) fn thread_number() -> usize {
    let id = format!("{:?}", loom::thread::current().id());
    id.bytes().filter(u8::is_ascii_digit).fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// The same.
#[cfg(all(loom, test))]
pub(crate) fn known_thread_number() -> usize {
    thread_number()
}
