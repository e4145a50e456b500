//! The life of an entry against a model that says each rule by itself.

use proptest::prelude::*;

use super::*;

/// What the rules say, word by word, with times that do not overflow.
fn model(age: u64, ttl: u64, [while_revalidate, if_error, keep]: [u64; 3]) -> Phase {
    let is_fresh = age < ttl;
    let is_stale = age < ttl + while_revalidate;
    let is_for_errors = age < ttl + if_error;
    let is_dropped = age >= ttl + while_revalidate.max(if_error).max(keep);
    match (is_dropped, is_fresh, is_stale, is_for_errors) {
        (true, ..) => Phase::Gone,
        (_, true, ..) => Phase::Fresh,
        (_, _, true, _) => Phase::Stale,
        (_, _, _, true) => Phase::OnError,
        _ => Phase::Kept,
    }
}

proptest! {
    #[test]
    fn a_phase_is_what_the_rules_say(age in 0..60_u64, ttl in 0..20_u64, grace in [0..20_u64, 0..20, 0..20]) {
        let [while_revalidate, if_error, keep] = grace.map(Nanos);
        let life = Life::new(Nanos(ttl), Grace { while_revalidate, if_error, keep }, 0.0, NEVER, Nanos(0), at(0));
        prop_assert_eq!(life.phase(at(age)), model(age, ttl, grace));
        prop_assert_eq!(life.stands_in(at(age)), age < ttl + grace[1]);
    }

    #[test]
    fn a_time_to_live_is_within_its_jitter(ttl in 1..1_u64 << 40, jitter in 0.0..=1.0_f64, drawn: u64) {
        let life = Life::new(Nanos(ttl), Grace::NONE, jitter, drawn, Nanos(0), Nanos(0));
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below 2^40")]
        let least = (ttl as f64 * (1.0 - jitter)) as u64;
        prop_assert!(least == 0 || life.phase(Nanos(least - 1)) == Phase::Fresh);
        prop_assert_eq!(life.phase(Nanos(ttl)), Phase::Gone);
    }

    #[test]
    fn an_early_refresh_is_that_of_the_formula(age in 0..200_u64, ttl in 0..200_u64, took in 0..50_u64, beta in 0.0..4.0_f64, drawn: u64) {
        let life = Life::new(Nanos(ttl), Grace::NONE, 0.0, NEVER, Nanos(took), at(0));
        prop_assume!(age < ttl);
        #[expect(clippy::cast_precision_loss, reason = "they are small")]
        let (age_, ttl_, took_, u) =
            (age as f64, ttl as f64, took as f64, ((drawn >> 11) + 1) as f64 / (1_u64 << 53) as f64);
        let gap = age_ - took_ * beta * u.ln() - ttl_;
        // What the two compute differs by less than this.
        prop_assume!(gap.abs() > 1e-6);
        prop_assert_eq!(life.is_early(at(age), beta, || drawn), gap > 0.0);
    }
}
