//! Claims about what a key's own code may do.

use super::*;

#[test]
fn a_key_that_is_let_go_of_may_use_the_map_when_it_is_dropped() {
    /// Counts the entries when it is dropped, and looks for itself.
    struct Nosy(u32, Weak<Keys<Self, Kept>>, mpsc::Sender<(u32, usize)>);
    impl PartialEq for Nosy {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    impl Eq for Nosy {}
    impl Hash for Nosy {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }
    impl Drop for Nosy {
        fn drop(&mut self) {
            let Some(keys) = self.1.upgrade() else { return };
            let known = keys.get(Self(self.0, Weak::new(), self.2.clone())).is_some();
            self.2.send((self.0, keys.len() + usize::from(known))).ok();
        }
    }
    let (dropped, drops) = mpsc::channel();
    thread::spawn(move || {
        let keys = Arc::new(Keys::new(4, Nanos(IDLE)));
        for (key, at) in [(1, 0), (2, 0), (3, IDLE)] {
            let nosy = Nosy(key, Arc::downgrade(&keys), dropped.clone());
            drop(keys.admit(nosy, Nanos(at), |_| || Kept::new(0)));
        }
    });
    // The limit is for a thread that waits for itself.
    let mut told = [(); 2].map(|()| drops.recv_timeout(Duration::from_secs(10)).expect("no lock is held"));
    told.sort_unstable();
    assert_eq!(told, [(1, 1), (2, 1)], "both had gone, and the third was in");
}

#[test]
fn an_eq_that_panics_in_a_sweep_leaves_a_map_that_counts_right() {
    #[derive(Clone)]
    struct Touchy<'a>(u32, &'a AtomicBool);
    impl PartialEq for Touchy<'_> {
        fn eq(&self, other: &Self) -> bool {
            assert!(!self.1.load(SeqCst), "not now");
            self.0 == other.0
        }
    }
    impl Eq for Touchy<'_> {}
    impl Hash for Touchy<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            // Of keys whose hashes meet, one is compared with another when a table is made anew.
            (self.0 < 10).hash(state);
        }
    }
    let panics = AtomicBool::new(false);
    let keys = Keys::new(3, Nanos(IDLE));
    let came_in = |key, at| keys.admit(Touchy(key, &panics), Nanos(at), |_| || Kept::new(0)).is_some();
    assert!(came_in(1, 0) && came_in(2, 1) && came_in(3, 1));
    panics.store(true, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| came_in(10, IDLE))).is_err());
    panics.store(false, SeqCst);
    assert_eq!(keys.len(), keys.collect(|_, _| ()).len());
    assert!((1..=3).all(|key| came_in(key, 2 * IDLE)), "there is room for as many as before");
    assert!(!came_in(4, 2 * IDLE));
}

#[test]
fn an_eq_that_contradicts_itself_leaves_a_map_that_counts_right() {
    /// Is equal to all others, every third time.
    struct Fickle<'a>(&'a AtomicUsize);
    impl PartialEq for Fickle<'_> {
        fn eq(&self, _: &Self) -> bool {
            self.0.fetch_add(1, SeqCst) % 3 == 2
        }
    }
    impl Eq for Fickle<'_> {}
    impl Hash for Fickle<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u8(0);
        }
    }
    let asked = AtomicUsize::new(0);
    let keys = Keys::new(3, Nanos(IDLE));
    for _ in 0..2 {
        // The second is asked for twice in vain, and takes the place of the first then.
        assert!(keys.admit(Fickle(&asked), Nanos(0), |_| || Kept::new(0)).is_some());
    }
    assert_eq!((keys.len(), asked.load(SeqCst)), (1, 3));
}
