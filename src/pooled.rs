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
    /// Makes one of which clones do not count.
    pub(crate) fn common(self) -> Self {
        Self::Common(Arc::new(self.into_own()))
    }

    /// What a call takes along.
    #[inline(always)]
    pub(crate) fn own(&self) -> Self {
        Self::Own(Pooled::clone(self))
    }

    #[inline(always)]
    pub(crate) fn into_own(self) -> Pooled<T> {
        match self {
            Self::Own(own) => own,
            Self::Common(common) => Pooled::clone(&common),
        }
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
mod tests {
    use std::{cell::RefCell, sync::Weak, thread};

    use super::{Pooled, SETS, SPARES_PER_SET, Spares};
    use crate::sync::Arc;

    #[derive(Debug)]
    struct Core(usize);

    pool!(Core);

    /// Runs on a thread without spares, to its very end.
    fn on_its_own<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
        thread::spawn(run).join().expect("what it claims holds")
    }

    fn weak(core: &Pooled<Core>) -> Weak<Core> {
        core.shared.as_ref().map(Arc::downgrade).expect("it was not taken")
    }

    fn count(core: &Pooled<Core>) -> usize {
        weak(core).strong_count()
    }

    /// Two cores of one set.
    fn neighbours(spares: &Spares<Core>) -> [Arc<Core>; 2] {
        let cores: Vec<_> = (0..=SETS).map(|number| Arc::new(Core(number))).collect();
        let set = |core: &Arc<Core>| spares.set_of(core).as_ptr();
        let meets = |one: &&Arc<Core>| cores.iter().find(|other| one.0 < other.0 && set(one) == set(other));
        let (one, other) = cores.iter().find_map(|one| Some((one, meets(&one)?))).expect("there is one more than sets");
        [one, other].map(Arc::clone)
    }

    #[test]
    fn a_clone_takes_what_an_earlier_one_left_on_its_thread() {
        on_its_own(|| {
            let core = Pooled::new(Core(7));
            drop(core.clone());
            assert_eq!(count(&core), 2, "it is kept");
            let again = core.clone();
            assert_eq!((count(&core), again.0), (2, 7));
            let third = core.clone();
            assert_eq!((count(&core), third.0), (3, 7), "there was one spare");
        });
    }

    #[test]
    fn a_thread_keeps_four_spares_of_a_core_and_lets_go_of_more() {
        on_its_own(|| {
            let core = Pooled::new(Core(0));
            drop([(); 6].map(|()| core.clone()));
            assert_eq!(count(&core), 1 + 4);
        });
    }

    #[test]
    fn of_what_is_counted_no_spare_is_kept_and_whoever_is_alone_with_it_knows() {
        #[derive(Debug)]
        struct Counted {
            counted: bool,
        }
        pool!(Counted, unless counted);
        on_its_own(|| {
            for counted in [true, false] {
                let core = Pooled::new(Counted { counted });
                assert!(core.is_alone());
                let other = core.clone();
                assert!(!core.is_alone());
                drop(other);
                assert_eq!(core.is_alone(), counted);
            }
        });
    }

    #[test]
    fn spares_of_another_core_are_passed_over() {
        let spares = Spares::new();
        let [one, other] = neighbours(&spares);
        spares.put(Arc::clone(&one));
        assert!(spares.take(&other).is_none());
        spares.put(Arc::clone(&other));
        assert!(spares.take(&one).is_some_and(|spare| Arc::ptr_eq(&spare, &one)));
        assert!(spares.take(&one).is_none(), "there was one");
        assert!(spares.take(&other).is_some());
    }

    #[test]
    fn of_a_full_set_the_oldest_spare_falls_out() {
        let spares = Spares::new();
        let [one, other] = neighbours(&spares);
        for (later, stays) in [(SPARES_PER_SET - 1, true), (SPARES_PER_SET, false)] {
            spares.put(Arc::clone(&one));
            (0..later).for_each(|_| spares.put(Arc::clone(&other)));
            assert_eq!(spares.take(&one).is_some(), stays, "{later} later");
        }
    }

    #[test]
    fn many_cores_that_alternate_are_not_mixed_up() {
        on_its_own(|| {
            let cores: Vec<_> = (0..100).map(|number| Pooled::new(Core(number))).collect();
            for _ in 0..3 {
                assert!(cores.iter().map(|core| core.clone().0).eq(0..100));
            }
            assert!(cores.iter().all(|core| count(core) <= 2), "one call at a time needs one spare");
            let kept = cores.iter().filter(|core| count(core) == 2).count();
            assert!(kept > SPARES_PER_SET, "they are spread over the sets");
        });
    }

    #[test]
    fn what_is_taken_leaves_an_empty_place() {
        let mut core = Pooled::new(Core(3));
        let taken = core.take().expect("it is there");
        assert_eq!((taken.0, count(&taken)), (3, 1));
        assert!(core.take().is_none());
        assert_eq!(format!("{taken:?}"), "Core(3)");
    }

    #[test]
    fn a_thread_that_ends_lets_its_spares_go_and_keeps_nothing_more() {
        struct Late(Pooled<Core>);
        impl Drop for Late {
            fn drop(&mut self) {
                drop(self.0.clone());
            }
        }
        thread_local!(static LATE: RefCell<Option<Late>> = const { RefCell::new(None) });
        // What a thread touched first, it may drop last.
        for spares_first in [true, false] {
            let core = on_its_own(move || {
                let core = Pooled::new(Core(0));
                if !spares_first {
                    LATE.set(None);
                }
                drop(core.clone());
                assert_eq!(count(&core), 2, "the thread keeps one");
                let weak = weak(&core);
                LATE.set(Some(Late(core)));
                weak
            });
            assert_eq!(core.strong_count(), 0, "{spares_first}");
        }
    }
}
