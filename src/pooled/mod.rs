//! What the calls of a layer share, at no cost to each other.
//!
//! The count of an `Arc` is a line that all threads write. So a clone that is dropped is kept by its thread, and the next
//! clone made there takes it: no count is touched. A few are kept for each thread, so what is shared may outlive its last
//! user: nothing of the user's may be in it.

use std::{cell::Cell, fmt, ops::Deref, ptr, thread::LocalKey};

use crate::sync::{Arc, Ordering, fence};

const SETS: usize = 16;
const SPARES_PER_SET: usize = 4;
const SHIFT: u32 = u64::BITS - SETS.ilog2();

/// What can be shared so.
pub(crate) trait Pool: Sized + 'static {
    /// Where this thread keeps its spares.
    fn spares() -> &'static LocalKey<Spares<Self>>;

    /// Whether no thread keeps a spare of it, so that its count is that of its users.
    fn is_counted(&self) -> bool;
}

/// An `Arc` for the length of a call.
pub(crate) struct Pooled<T: Pool> {
    /// `None` once it is dropped or taken.
    shared: Option<Arc<T>>,
}

impl<T: Pool> Pooled<T> {
    pub(crate) fn new(shared: T) -> Self {
        Self { shared: Some(Arc::new(shared)) }
    }

    /// Whether nobody else has it, so that all they did with it is seen: to be asked only of what
    /// [is counted](Pool::is_counted).
    pub(crate) fn is_alone(&self) -> bool {
        let alone = self.shared.as_ref().is_some_and(|shared| Arc::strong_count(shared) == 1);
        // Pairs with the release in the drop of each of the others.
        fence(Ordering::Acquire);
        alone
    }

    /// Takes it out of its place, once.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<Self> {
        self.shared.take().map(|shared| Self { shared: Some(shared) })
    }
}

impl<T: Pool> Deref for Pooled<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.shared.as_deref().expect("nobody uses it after it was taken")
    }
}

impl<T: Pool> Clone for Pooled<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        let shared = self.shared.as_ref();
        let spare = shared.and_then(|shared| T::spares().try_with(|spares| spares.take(shared)).ok().flatten());
        Self { shared: spare.or_else(|| shared.map(Arc::clone)) }
    }
}

impl<T: Pool> Drop for Pooled<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            keep(shared);
        }
    }
}

/// Keeps a spare. A call of its own, so that what is dropped need not be in memory.
#[inline(never)]
fn keep<T: Pool>(spare: Arc<T>) {
    if spare.is_counted() {
        return;
    }
    // A thread that ends keeps nothing.
    T::spares().try_with(|spares| spares.put(spare)).ok();
}

impl<T: Pool + fmt::Debug> fmt::Debug for Pooled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

/// What a handle has of what calls share.
pub(crate) enum Handled<T: Pool> {
    /// As a call has it.
    Own(Pooled<T>),
    /// All handles of a key have this one, so that they do not count as calls.
    Common(Arc<Pooled<T>>),
}

impl<T: Pool> Handled<T> {
    /// One of which clones do not count.
    pub(crate) fn common(own: Pooled<T>) -> Self {
        Self::Common(Arc::new(own))
    }
}

impl<T: Pool> Deref for Handled<T> {
    type Target = Pooled<T>;

    #[inline(always)]
    fn deref(&self) -> &Pooled<T> {
        match self {
            Self::Own(own) => own,
            Self::Common(common) => common,
        }
    }
}

impl<T: Pool> Clone for Handled<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(own) => Self::Own(own.clone()),
            Self::Common(common) => Self::Common(Arc::clone(common)),
        }
    }
}

impl<T: Pool + fmt::Debug> fmt::Debug for Handled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

/// The spares of a thread, in sets by address, those used last first.
pub(crate) struct Spares<T> {
    sets: [[Cell<Option<Arc<T>>>; SPARES_PER_SET]; SETS],
}

impl<T> Spares<T> {
    pub(crate) const fn new() -> Self {
        Self { sets: [const { [const { Cell::new(None) }; SPARES_PER_SET] }; SETS] }
    }

    #[inline(always)]
    fn take(&self, shared: &Arc<T>) -> Option<Arc<T>> {
        self.set_of(shared).iter().find_map(|slot| match slot.take() {
            Some(spare) if Arc::ptr_eq(&spare, shared) => Some(spare),
            other => {
                slot.set(other);
                None
            }
        })
    }

    /// Puts a spare in front; the others move on up to the first free place, and the last may fall out.
    #[inline(always)]
    fn put(&self, spare: Arc<T>) {
        let set = self.set_of(&spare);
        let mut moved = Some(spare);
        for slot in set {
            moved = slot.replace(moved);
            if moved.is_none() {
                break;
            }
        }
    }

    #[inline(always)]
    fn set_of(&self, shared: &Arc<T>) -> &[Cell<Option<Arc<T>>>; SPARES_PER_SET] {
        // Fibonacci hashing: the high bits of the product are well mixed.
        let hash = (ptr::from_ref::<T>(shared).addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &self.sets[(hash >> SHIFT) as usize]
    }
}

/// Says where each thread keeps the spares of a type, and of which it keeps none.
macro_rules! pool {
    ($shared:ty $(, unless $counted:ident)?) => {
        impl $crate::pooled::Pool for $shared {
            #[inline(always)]
            fn spares() -> &'static std::thread::LocalKey<$crate::pooled::Spares<Self>> {
                thread_local!(static SPARES: $crate::pooled::Spares<$shared> = const { $crate::pooled::Spares::new() });
                &SPARES
            }

            #[inline(always)]
            fn is_counted(&self) -> bool {
                false $(|| self.$counted)?
            }
        }
    };
}

pub(crate) use pool;

#[cfg(all(test, not(loom)))]
mod tests;
