//! How often, and in which order, calls are rejected.

use super::*;

fn passes(throttle: &Throttle) -> Vec<bool> {
    throttle.end_many(Failed, 3, 0);
    (0..200).map(|_| throttle.enter(Critical, Nanos(0)).passes).collect()
}

#[test]
fn a_seed_rejects_the_same_calls_in_each_run() {
    let of = |seed| passes(&Throttle::new(K_OF_2, Nanos(WINDOW), 2, seed));
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn about_as_many_pass_as_max_rejection_leaves() {
    for (max_rejection, least, most) in [(0.95, 400, 600), (0.5, 4_800, 5_200), (0.01, 9_850, 9_950)] {
        let throttle = Throttle::new(Rules { max_rejection, ..K_OF_2 }, Nanos(WINDOW), 2, 7);
        throttle.end_many(Failed, 1_000, 0);
        let (passed, _) = throttle.enter_many(10_000, 0);
        assert!((least..=most).contains(&passed), "{passed} at {max_rejection}");
    }
}

/// The service has room for one call in the time in which four come.
#[test]
fn a_service_gets_about_k_times_what_it_takes() {
    const CALLS: u64 = 40_000;
    for (k, percent) in [(1.25, 120..=130), (1.5, 145..=155), (2.0, 195..=205)] {
        let throttle = Throttle::new(Rules { k, ..K_OF_2 }, Nanos(WINDOW), 2, 7);
        let (mut sent, mut taken, mut has_room) = (0, 0, false);
        for number in 0..CALLS {
            let now = number / 10;
            if number == CALLS / 2 {
                // By now it has found how many it may send.
                (sent, taken) = (0, 0);
            }
            has_room |= number % 4 == 0;
            if throttle.enter(Critical, Nanos(now)).passes {
                sent += 1;
                taken += usize::from(has_room);
                throttle.end(if std::mem::take(&mut has_room) { Success } else { Failed }, now);
            }
        }
        assert!(percent.contains(&(sent * 100 / taken)), "k {k}: {sent} sent, {taken} taken");
    }
}
