//! Claims about misses in a full map.

use super::*;

/// Whatever the entries are, and whatever time it is.
#[test]
fn a_flood_looks_at_eight_entries_a_miss_at_most() {
    const CAPACITY: u32 = 1000;
    const FLOOD: u32 = 20_000;
    for idle in [0, 1, SECOND, IDLE, u64::MAX] {
        for retention in [Retention::Free, Retention::Used, Retention::Until(Nanos(FAR))] {
            let keys = Keys::new(CAPACITY as usize, Nanos(idle));
            (0..CAPACITY).for_each(|key| keys.retain(key, u64::from(key), retention));
            let before = keys.looks();
            // Long before a pause is over.
            (0..FLOOD).for_each(|call| keys.bring(CAPACITY + call..=CAPACITY + call, 2_000 + u64::from(call)));
            let looks = keys.looks() - before;
            assert!(looks <= 8 * FLOOD as usize + 2 * CAPACITY as usize, "{looks} with idle {idle}, {retention:?}");
        }
    }
}

#[test]
fn a_full_map_is_not_looked_through_before_an_entry_may_go() {
    let keys = map(1000);
    keys.bring(0..1000, 0);
    let before = keys.looks();
    keys.bring(1000..100_000, IDLE - 1);
    assert_eq!(keys.looks(), before);
    assert!(keys.came_in(1_000_000, IDLE));
}

#[test]
fn what_is_found_in_use_is_young_again() {
    let keys = map(1);
    let used = keys.admit(1, Nanos(0), |_| || Kept::new(1));
    assert!(!keys.came_in(2, IDLE + 5));
    drop(used);
    assert!(!keys.came_in(2, IDLE + 5 + IDLE - 1));
    assert!(keys.came_in(2, IDLE + 5 + IDLE));
}

#[test]
fn a_key_without_room_does_not_wait_at_the_gate() {
    let keys = Arc::new(map(100));
    keys.bring(0..100, 0);
    let (came_in, told) = mpsc::channel();
    let map = Arc::clone(&keys);
    let told = keys.while_nobody_passes(|| {
        thread::spawn(move || came_in.send(map.came_in(100, IDLE - 1)));
        // The limit is for a thread that waits for this one.
        told.recv_timeout(Duration::from_secs(10))
    });
    assert_eq!(told, Ok(false));
}

#[test]
fn a_full_map_that_lost_an_entry_is_no_longer_full() {
    let keys = map(3);
    keys.bring([1, 2], 0);
    keys.came_in(3, SECOND);
    assert!(!keys.came_in(4, IDLE - 1));
    assert!(keys.came_in(4, IDLE), "two went");
    assert!(keys.came_in(5, IDLE), "and one came");
    assert!(!keys.came_in(6, IDLE));
    assert_eq!(keys.sorted(), [3, 4, 5]);
}
