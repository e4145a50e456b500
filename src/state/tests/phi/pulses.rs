//! The beats of one node.

use super::*;
use crate::state::phi::pulse::Pulse;

/// Beats at these times, in milliseconds; the first is at 0.
fn beats(rules: &Rules, at: impl IntoIterator<Item = u64>) -> Pulse {
    let mut pulse = Pulse::new(rules, Arc::default(), ms(0));
    at.into_iter().for_each(|at| pulse.beat(rules, ms(at)));
    pulse
}

#[test]
fn a_node_is_suspected_from_the_moment_at_which_phi_is_the_threshold() {
    for threshold in [0.1, 0.5, 3.0, 8.0, 16.0, 300.0] {
        let rules = Rules { threshold, ..RULES };
        let pulse = beats(&rules, (1..50).map(|beat| beat * 700));
        let at = (1..u64::from(u32::MAX)).map(|step| ms(49 * 700 + step)).find(|&at| pulse.is_suspected(at)).unwrap();
        let (before, then) = (pulse.phi(&rules, Nanos(at.0 - 1_000_000)), pulse.phi(&rules, at));
        assert!(before < threshold && then >= threshold, "{before} and {then} at {threshold}");
    }
}

#[test]
fn a_steady_node_is_suspected_523_ms_after_a_beat_is_late() {
    let pulse = beats(&RULES, (1..2_000).map(|beat| beat * 1_000));
    let late = |late: u64| pulse.is_suspected(ms(2_000_000 + late));
    assert_eq!([late(522), late(523)], [false, true]);
    let pausing = Rules { acceptable_pause: ms(3_000), ..RULES };
    let pulse = beats(&pausing, (1..2_000).map(|beat| beat * 1_000));
    let late = |late: u64| pulse.is_suspected(ms(2_000_000 + late));
    assert_eq!([late(3_522), late(3_523)], [false, true], "one lost beat does not suspect");
}

#[test]
fn a_pause_of_minutes_does_not_hide_the_next() {
    let after_a_pause = (1..1_000).map(|beat| beat * 1_000).chain([1_299_000]);
    let pulse = beats(&RULES, after_a_pause);
    assert!(pulse.is_suspected(ms(1_299_000 + 1_600)));
}

#[test]
fn a_node_that_beats_more_slowly_than_was_estimated_is_learned() {
    let mut pulse = Pulse::new(&RULES, Arc::default(), ms(0));
    let suspected = (1..200).map(|beat| {
        let was = pulse.is_suspected(ms(beat * 4_000));
        pulse.beat(&RULES, ms(beat * 4_000));
        was
    });
    let suspected: Vec<_> = suspected.collect();
    assert!(suspected[..4].iter().all(|&was| was));
    assert!(!suspected[20..].iter().any(|&was| was));
}

#[test]
fn as_many_intervals_are_remembered_as_the_rules_say() {
    let few = Rules { samples: 3, ..RULES };
    let fast = beats(&few, [100, 200, 300]);
    let slow = beats(&few, [100, 200, 300, 1_000, 1_500, 2_000, 2_500]);
    assert_close(fast.phi(&few, ms(400)), slow.phi(&few, ms(3_000)), 1e-9, "Akka's spec");
    let one = Rules { samples: 1, ..RULES };
    assert!(beats(&one, [500]).phi(&one, ms(1_000)) < 0.302);
}

#[test]
fn a_million_beats_drift_by_nothing() {
    let uneven = |beat: u64| beat * 100 + beat % 2;
    let few = Rules { samples: 100, ..RULES };
    let pulse = beats(&few, (1..1_000_000).map(uneven));
    let fresh = beats(&few, (1..1_000).map(uneven));
    let silent = |last: u64, pulse: &Pulse| pulse.phi(&few, ms(uneven(last) + 350));
    assert_close(silent(999_999, &pulse), silent(999, &fresh), 1e-12, "phi");
}

#[test]
fn beats_at_one_instant_are_intervals_of_zero() {
    let pulse = beats(&RULES, [0; 2_000]);
    assert!(!pulse.is_suspected(ms(522)) && pulse.is_suspected(ms(523)));
}

#[test]
fn a_clock_that_jumps_suspects_and_breaks_nothing() {
    const DAY: u64 = 24 * 60 * 60 * 1_000;
    let mut pulse = beats(&RULES, (1..100).map(|beat| beat * 1_000));
    for jump in [3 * DAY, 300 * DAY] {
        assert!(pulse.is_suspected(ms(jump)) && pulse.phi(&RULES, ms(jump)).is_finite());
        pulse.beat(&RULES, ms(jump));
        // A beat that was sent earlier than another may arrive later.
        pulse.beat(&RULES, ms(jump - DAY));
        assert!(!pulse.is_suspected(ms(jump)));
    }
    assert!(pulse.phi(&RULES, Nanos::MAX).is_finite());
}

#[test]
fn every_rule_gives_a_number() {
    let times = [Nanos(0), Nanos(1), SECOND, Nanos::MAX];
    for threshold in [f64::MIN_POSITIVE, 8.0, f64::MAX] {
        for (first_estimate, acceptable_pause) in times.into_iter().flat_map(|one| times.map(|two| (one, two))) {
            let rules =
                Rules { threshold, samples: 10_000, min_std_deviation: Nanos(1), acceptable_pause, first_estimate };
            let mut pulse = Pulse::new(&rules, Arc::default(), Nanos(0));
            for now in times.into_iter().cycle().take(20_000) {
                pulse.beat(&rules, now);
                let phi = pulse.phi(&rules, Nanos::MAX);
                assert!(phi.is_finite() && phi >= 0.0, "{phi} by {rules:?}");
            }
        }
    }
}
