//! An `Arc` that threads clone without writing to the same memory.
//!
//! All threads write to the count of an `Arc`, so they slow each other down. A thread therefore keeps a clone that is dropped,
//! and its next clone takes it without touching the count. Each thread keeps a few, so the value may outlive its last user and
//! must hold nothing of the user's.
//!
//! Each thread writes down what it keeps where others can read it, so that a value without users can be told from one that is used:
//! see [`are_used`].

mod kept;

use std::cell::Cell;
use std::ops::Deref;
use std::thread::LocalKey;
use std::{fmt, ptr};

pub(crate) use self::kept::are_used;
use self::kept::{Notes, SETS, SPARES_PER_SET, set_of};
use crate::sync::{Arc, Ordering, fence};

/// A value whose clones threads may keep. Implemented by [`cached!`].
pub(crate) trait Cached: Sized + 'static {
    /// Returns the clones that this thread keeps.
    fn spares() -> &'static LocalKey<Spares<Self>>;

    /// Returns whether threads keep no clone of it, so that its count is the number of its users.
    fn is_counted(&self) -> bool;
}

/// An `Arc` for the length of a call.
pub(crate) struct CachedArc<T: Cached> {
    /// `None` once it is dropped or taken.
    shared: Option<Arc<T>>,
}

impl<T: Cached> CachedArc<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { shared: Some(Arc::new(value)) }
    }

    /// Holds nothing, as one that was taken.
    #[inline(always)]
    pub(crate) const fn empty() -> Self {
        Self { shared: None }
    }

    /// What is shared; `None` once it was taken.
    #[inline(always)]
    pub(crate) fn get(&self) -> Option<&T> {
        self.shared.as_deref()
    }

    /// Returns whether nobody else has it, and then sees all that the others did with it.
    ///
    /// Means something only for a value that [is counted](Cached::is_counted).
    pub(crate) fn is_alone(&self) -> bool {
        let alone = self.shared.as_ref().is_some_and(|shared| Arc::strong_count(shared) == 1);
        // Pairs with the release in the drop of each of the others.
        fence(Ordering::Acquire);
        alone
    }

    /// What is shared.
    #[inline(always)]
    pub(crate) fn shared(&self) -> &Arc<T> {
        self.shared.as_ref().expect("nobody uses it after it was taken")
    }

    /// Another of the same, as [`clone`](Clone::clone) makes it.
    #[inline(always)]
    pub(crate) fn of(shared: &Arc<T>) -> Self {
        Self { shared: Some(kept(shared).unwrap_or_else(|| Arc::clone(shared))) }
    }

    /// Returns whether it was [taken](Self::take).
    #[inline(always)]
    pub(crate) const fn is_taken(&self) -> bool {
        self.shared.is_none()
    }

    /// Takes it out of its place, once.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<Self> {
        self.shared.take().map(|shared| Self { shared: Some(shared) })
    }
}

impl<T: Cached> Deref for CachedArc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.shared()
    }
}

impl<T: Cached> Clone for CachedArc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        Self::of(self.shared())
    }
}

impl<T: Cached> Drop for CachedArc<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            keep(shared);
        }
    }
}

/// A clone that this thread keeps.
#[inline(always)]
fn kept<T: Cached>(shared: &Arc<T>) -> Option<Arc<T>> {
    if shared.is_counted() {
        return None;
    }
    T::spares().try_with(|spares| spares.take(shared)).ok().flatten()
}

/// Keeps a clone for later. Out of line, so that the caller's guard can stay in registers.
#[inline(never)]
fn keep<T: Cached>(spare: Arc<T>) {
    if spare.is_counted() {
        return;
    }
    // A thread that ends keeps nothing.
    T::spares().try_with(|spares| spares.put(spare)).ok();
}

impl<T: Cached + fmt::Debug> fmt::Debug for CachedArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(shared) => shared.fmt(f),
            None => f.write_str("None"),
        }
    }
}

/// How a handle holds a value that calls hold by a [`CachedArc`].
pub(crate) enum HandleArc<T: Cached> {
    /// As a call does.
    Own(CachedArc<T>),
    /// All handles of a key hold the same one, so that they do not count as calls.
    OfKey(Arc<CachedArc<T>>),
}

impl<T: Cached> HandleArc<T> {
    pub(crate) fn of_key(value: T) -> Self {
        Self::OfKey(Arc::new(CachedArc::new(value)))
    }
}

impl<T: Cached> Deref for HandleArc<T> {
    type Target = CachedArc<T>;

    #[inline(always)]
    fn deref(&self) -> &CachedArc<T> {
        match self {
            Self::Own(own) => own,
            Self::OfKey(shared) => shared,
        }
    }
}

impl<T: Cached> Clone for HandleArc<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(own) => Self::Own(own.clone()),
            Self::OfKey(shared) => Self::OfKey(Arc::clone(shared)),
        }
    }
}

impl<T: Cached + fmt::Debug> fmt::Debug for HandleArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

/// The clones that a thread keeps, in sets by address. In a set, the last one used comes first.
pub(crate) struct Spares<T> {
    /// Dropped first, so that what is let go is written down no more.
    notes: Notes,
    sets: [[Cell<Option<Arc<T>>>; SPARES_PER_SET]; SETS],
}

impl<T> Spares<T> {
    pub(crate) fn new() -> Self {
        Self { notes: Notes::new(), sets: [const { [const { Cell::new(None) }; SPARES_PER_SET] }; SETS] }
    }

    #[inline(always)]
    fn take(&self, shared: &Arc<T>) -> Option<Arc<T>> {
        let set = set_of(address(shared));
        self.sets[set].iter().enumerate().find_map(|(place, slot)| match slot.take() {
            Some(spare) if Arc::ptr_eq(&spare, shared) => {
                self.notes.erase(set, place);
                Some(spare)
            }
            other => {
                slot.set(other);
                None
            }
        })
    }

    /// Puts a clone in front. The others move up to the first free place, and the last one may fall out.
    #[inline(always)]
    fn put(&self, spare: Arc<T>) {
        let set = set_of(address(&spare));
        let mut moved = spare;
        for (place, slot) in self.sets[set].iter().enumerate() {
            self.notes.write(set, place, address(&moved));
            match slot.replace(Some(moved)) {
                Some(next) => moved = next,
                None => break,
            }
        }
    }
}

#[inline(always)]
fn address<T>(shared: &Arc<T>) -> usize {
    ptr::from_ref::<T>(shared).addr()
}

/// Implements [`Cached`] for a type. After `unless` comes what is asked of a value: where it is true, threads keep no clone.
macro_rules! cached {
    ($value:ty $(, unless $($counted:tt)+)?) => {
        impl $crate::cached_arc::Cached for $value {
            #[inline(always)]
            fn spares() -> &'static std::thread::LocalKey<$crate::cached_arc::Spares<Self>> {
                thread_local!(static SPARES: $crate::cached_arc::Spares<$value> = $crate::cached_arc::Spares::new());
                &SPARES
            }

            #[inline(always)]
            fn is_counted(&self) -> bool {
                false $(|| self.$($counted)+)?
            }
        }
    };
}

pub(crate) use cached;

#[cfg(all(test, not(loom)))]
mod tests;
