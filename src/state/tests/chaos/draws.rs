//! What is drawn for a call.

use proptest::prelude::*;

use super::*;
use crate::state::chaos::{check_together, is_drawn};

/// How many of a thousand calls meet a fault of this rate.
fn met(rate: f64) -> usize {
    meet(&rules(vec![failing(rate)]), vec![0; 1_000]).iter().flatten().count()
}

#[test]
fn a_rate_is_the_share_of_the_calls_that_meet_the_fault() {
    assert_eq!([met(0.0), met(1.0)], [0, 1_000]);
    assert!((250..350).contains(&met(0.3)), "{}", met(0.3));
}

#[test]
fn delays_add_and_the_first_fault_that_ends_the_call_is_the_last() {
    let hanging = fault(Effect::End(FaultKind::Hang), 1.0);
    let rules = rules(vec![slow(1.0, 1), slow(1.0, 2), failing(1.0), slow(1.0, 4), hanging]);
    let plan = Plan { meets: 0b111, delay: Duration::from_secs(3), slow: None, end: Some(2) };
    assert_eq!(meet(&rules, [0]), [Some(plan.clone())]);
    assert_eq!(plan.met().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn the_slowest_limit_on_bodies_holds() {
    let rules = rules(vec![fault(Effect::SlowBody(9), 1.0), fault(Effect::SlowBody(5), 1.0)]);
    assert_eq!(meet(&rules, [0])[0].as_ref().unwrap().slow, Some(5));
}

#[test]
fn delays_that_do_not_fit_are_the_longest() {
    let rules = rules(vec![fault(Effect::Delay(Duration::MAX.into()), 1.0), slow(1.0, 1)]);
    assert_eq!(meet(&rules, [0])[0].as_ref().unwrap().delay, Duration::MAX);
}

#[test]
fn a_fault_is_met_only_in_its_time() {
    let rules = rules(vec![Terms { during: Nanos(10 * S)..Nanos(20 * S), ..failing(1.0) }]);
    let met = meet(&rules, [0, 10 * S - 1, 10 * S, 20 * S - 1, 20 * S]);
    assert_eq!(met.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, true, false]);
}

#[test]
fn a_ramp_goes_evenly_from_one_rate_to_the_other() {
    let ramp = FaultRate::ramp(0.2, 0.6, Duration::from_secs(10));
    let rows = [("first", 0, 0.2), ("half way", 5 * S, 0.4), ("last", 10 * S, 0.6), ("then", u64::MAX, 0.6)];
    for (label, since, rate) in rows {
        assert!((ramp.at(Nanos(since)) - rate).abs() < 1e-9, "{label}");
    }
}

#[test]
fn each_distribution_has_its_quantiles() {
    let ms = Duration::from_millis;
    let measured = Delay::quantiles([(0.5, ms(20)), (0.9, ms(100))]);
    let rows = [
        ("constant", Delay::from(ms(7)), 0.9, ms(7)),
        ("uniform, first", Delay::uniform(ms(20)..ms(40)), 0.0, ms(20)),
        ("uniform, half", Delay::uniform(ms(20)..ms(40)), 0.5, ms(30)),
        ("exponential, first", Delay::exponential(ms(100)), 0.0, ms(0)),
        ("exponential, median", Delay::exponential(ms(1_000)), 0.5, ms(693)),
        ("exponential, of the longest", Delay::exponential(Duration::MAX), 0.99, Duration::MAX),
        ("measured, first", measured.clone(), 0.0, ms(0)),
        ("measured, below the first", measured.clone(), 0.25, ms(10)),
        ("measured, at one", measured.clone(), 0.5, ms(20)),
        ("measured, between", measured.clone(), 0.7, ms(60)),
        ("measured, beyond the last", measured, 0.95, ms(100)),
        ("to the longest", Delay::uniform(ms(0)..Duration::MAX), 1.0 - f64::EPSILON, Duration::MAX),
    ];
    for (label, delay, drawn, expected) in rows {
        let is_close = delay.at(drawn).abs_diff(expected) <= expected / 1_000;
        assert!(is_close, "{label}: {:?}", delay.at(drawn));
        delay.check().unwrap();
    }
}

#[test]
fn a_delay_that_is_none_is_told() {
    let (ms, nan) = (Duration::from_millis, f64::NAN);
    let rows = [
        Delay::uniform(ms(2)..ms(1)),
        Delay::quantiles([]),
        Delay::quantiles([(0.0, ms(1))]),
        Delay::quantiles([(1.1, ms(1))]),
        Delay::quantiles([(nan, ms(1))]),
        Delay::quantiles([(0.5, ms(1)), (0.5, ms(2))]),
        Delay::quantiles([(0.5, ms(2)), (0.9, ms(1))]),
    ];
    for delay in rows {
        assert!(delay.check().is_err(), "{delay}");
    }
}

#[test]
fn faults_that_end_calls_leave_room_for_one_another() {
    let during = |from: u64, to: u64, rate: f64| Terms { during: Nanos(from)..Nanos(to), ..failing(rate) };
    let ramp = |from, to| failing(FaultRate::ramp(from, to, Duration::from_secs(1)));
    let cut_off = |at, to| Terms { during: Nanos(0)..Nanos(at), ..ramp(0.0, to) };
    let rows = [
        ("exactly all", vec![failing(0.7), failing(0.1), failing(0.2)], true),
        ("too much", vec![failing(0.7), failing(0.31)], false),
        ("at times of their own", vec![during(0, 5, 0.8), during(5, 9, 0.8)], true),
        ("for a moment", vec![during(0, 6, 0.8), during(5, 9, 0.8)], false),
        ("delays end nothing", vec![slow(1.0, 1), slow(1.0, 1), failing(1.0)], true),
        ("at the height of a ramp", vec![ramp(0.9, 0.1), failing(0.2)], false),
        ("one gives way to another", vec![ramp(1.0, 0.0), ramp(0.0, 1.0)], true),
        ("one gives way too slowly", vec![ramp(1.0, 0.5), ramp(0.0, 0.6)], false),
        ("at the end of a ramp that is cut off", vec![cut_off(S / 2, 1.0), failing(0.6)], false),
        ("before a ramp is high", vec![cut_off(S / 2, 1.0), failing(0.5)], true),
    ];
    for (label, faults, is_legal) in rows {
        assert_eq!(check_together(&faults.iter().collect::<Vec<_>>()).is_ok(), is_legal, "{label}");
    }
}

/// The numbers are those of SipHash-2-4: another hash, or another order of its keys, would choose others.
#[test]
fn the_same_keys_are_drawn_in_every_process() {
    let drawn: Vec<u32> = (0..40).filter(|client: &u32| is_drawn(7, client, 0.1)).collect();
    assert_eq!(drawn, DRAWN);
}

const DRAWN: [u32; 6] = [8, 9, 12, 18, 28, 33];

#[test]
fn another_seed_draws_other_keys_and_a_larger_share_more() {
    let drawn = |seed, share| (0..10_000).filter(|client: &u32| is_drawn(seed, client, share)).collect::<Vec<_>>();
    let (one, other, more) = (drawn(1, 0.1), drawn(2, 0.1), drawn(1, 0.2));
    assert!((900..1_100).contains(&one.len()), "{}", one.len());
    assert_ne!(one, other);
    assert!(one.iter().all(|client| more.contains(client)));
    assert_eq!([drawn(1, 0.0).len(), drawn(1, 1.0).len()], [0, 10_000]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_seed_gives_the_same_faults(seed: u64, calls in 1..200_usize, rates in [0.0..=1.0, 0.0..=1.0, 0.0..=1.0]) {
        let [delay, end, other] = rates;
        let faults = vec![slow(delay, 1), failing(end), fault(Effect::Delay(Delay::exponential(Duration::from_secs(1))), other)];
        let rules = Rules { seed, ..rules(faults) };
        prop_assert_eq!(meet(&rules, vec![0; calls]), meet(&rules, vec![0; calls]));
    }

    #[test]
    fn a_fault_does_not_change_what_later_faults_draw(seed: u64, first in 0.0..=1.0, second in 0.0..=1.0) {
        let met = |first: f64| {
            let faults = vec![slow(first, 1), failing(second)];
            let plans = meet(&Rules { seed, ..rules(faults) }, vec![0; 50]);
            plans.into_iter().map(|plan| plan.and_then(|plan| plan.end)).collect::<Vec<_>>()
        };
        prop_assert_eq!(met(first), met(0.0));
    }
}
