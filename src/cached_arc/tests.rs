//! Claims about spares.

use std::cell::RefCell;
use std::sync::{Arc, Weak, mpsc};
use std::{slice, thread};

use super::{CachedArc, SETS, SPARES_PER_SET, Spares, address, are_used, set_of};

#[derive(Debug)]
struct Core(usize);

cached!(Core);

/// Runs on a thread without spares, to its very end.
fn on_its_own<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    thread::spawn(run).join().expect("what it claims holds")
}

fn weak(core: &CachedArc<Core>) -> Weak<Core> {
    core.shared.as_ref().map(Arc::downgrade).expect("it was not taken")
}

fn is_used(core: &Weak<Core>) -> bool {
    are_used(slice::from_ref(core)) == [true]
}

fn count(core: &CachedArc<Core>) -> usize {
    weak(core).strong_count()
}

/// Two cores of one set.
fn neighbours() -> [Arc<Core>; 2] {
    let cores: Vec<_> = (0..=SETS).map(|number| Arc::new(Core(number))).collect();
    let meets =
        |one: &&Arc<Core>| cores.iter().find(|other| one.0 < other.0 && set_of(address(one)) == set_of(address(other)));
    let (one, other) = cores.iter().find_map(|one| Some((one, meets(&one)?))).expect("there is one more than sets");
    [one, other].map(Arc::clone)
}

#[test]
fn a_clone_takes_what_an_earlier_one_left_on_its_thread() {
    on_its_own(|| {
        let core = CachedArc::new(Core(7));
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
        let core = CachedArc::new(Core(0));
        drop([(); 6].map(|()| core.clone()));
        assert_eq!(count(&core), 1 + 4);
    });
}

#[test]
fn threads_keep_no_clone_of_what_is_counted() {
    #[derive(Debug)]
    struct Counted {
        counted: bool,
    }
    cached!(Counted, unless counted);
    on_its_own(|| {
        for counted in [true, false] {
            let core = CachedArc::new(Counted { counted });
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
    let [one, other] = neighbours();
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
    let [one, other] = neighbours();
    for (later, stays) in [(SPARES_PER_SET - 1, true), (SPARES_PER_SET, false)] {
        spares.put(Arc::clone(&one));
        (0..later).for_each(|_| spares.put(Arc::clone(&other)));
        assert_eq!(spares.take(&one).is_some(), stays, "{later} later");
    }
}

#[test]
fn many_cores_that_alternate_are_not_mixed_up() {
    on_its_own(|| {
        let cores: Vec<_> = (0..100).map(|number| CachedArc::new(Core(number))).collect();
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
    let mut core = CachedArc::new(Core(3));
    let taken = core.take().expect("it is there");
    assert_eq!((taken.0, count(&taken)), (3, 1));
    assert!(core.take().is_none());
    assert_eq!(format!("{taken:?}"), "Core(3)");
}

#[test]
fn a_thread_that_ends_lets_its_spares_go_and_keeps_nothing_more() {
    struct Late(CachedArc<Core>);
    impl Drop for Late {
        fn drop(&mut self) {
            drop(self.0.clone());
        }
    }
    thread_local!(static LATE: RefCell<Option<Late>> = const { RefCell::new(None) });
    // What a thread touched first, it may drop last.
    for spares_first in [true, false] {
        let core = on_its_own(move || {
            let core = CachedArc::new(Core(0));
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

#[test]
fn a_value_is_used_for_as_long_as_anybody_but_spares_has_it() {
    on_its_own(|| {
        let core = CachedArc::new(Core(0));
        let weak = weak(&core);
        let mut users = vec![core.clone(), core.clone(), core];
        while let Some(user) = users.pop() {
            assert!(is_used(&weak));
            drop(user);
        }
        assert_eq!((weak.strong_count(), is_used(&weak)), (3, false), "three are kept");
    });
}

#[test]
fn a_clone_that_is_taken_from_the_spares_is_used() {
    on_its_own(|| {
        let core = CachedArc::new(Core(0));
        let weak = weak(&core);
        drop(core.clone());
        let taken = core.clone();
        drop(core);
        assert_eq!((weak.strong_count(), is_used(&weak)), (2, true));
        drop(taken);
        assert_eq!((weak.strong_count(), is_used(&weak)), (2, false));
    });
}

#[test]
fn what_other_threads_keep_is_seen() {
    let core = CachedArc::new(Core(0));
    let weak = weak(&core);
    let (done, wait) = mpsc::channel::<()>();
    let (kept, seen) = mpsc::channel();
    let keeper = thread::spawn(move || {
        drop(core);
        kept.send(()).expect("it is waited for");
        wait.recv().ok();
    });
    seen.recv().expect("the thread keeps it");
    assert_eq!((weak.strong_count(), is_used(&weak)), (1, false));
    drop(done);
    keeper.join().expect("it only waits");
    assert_eq!(weak.strong_count(), 0);
}

#[test]
fn of_thousands_of_values_none_is_used_that_only_spares_have() {
    on_its_own(|| {
        let dropped: Vec<_> = (0..5000)
            .map(|number| {
                let core = CachedArc::new(Core(number));
                drop([core.clone(), core.clone()]);
                weak(&core)
            })
            .collect();
        let kept = dropped.iter().filter(|core| core.strong_count() > 0).count();
        assert!(kept > 0 && !are_used(&dropped).contains(&true), "{kept} are kept");
    });
}
