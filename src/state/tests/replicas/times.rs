//! For how long a member is out.

use super::*;

/// Fails the trial that is due.
fn fail_trial(team: &Team, name: &str) {
    team.wait_for(name);
    team.run_at(name, Failure, 1);
}

/// The last ejection: for how many seconds, and the how manieth.
fn last(team: &Team) -> (f64, u64) {
    let changes = team.changes.take();
    let mut ejections = changes.iter().rev().filter_map(|change| match change {
        Change::Ejected { out_for, times, .. } => Some((*out_for, *times)),
        _ => None,
    });
    let (out_for, times) = ejections.next().expect("it was ejected");
    (std::time::Duration::from(out_for).as_secs_f64(), times)
}

fn assert_in(found: f64, least: f64, case: &str) {
    assert!((least..=least * 1.1 + 1e-6).contains(&found), "{case}: {found} s for {least} s");
}

#[test]
fn each_time_is_longer_by_base_up_to_300_s() {
    let team = team_of(RULES, 3);
    team.eject("a");
    for number in 1..=12_u32 {
        let (out_for, times) = last(&team);
        assert_eq!(times, u64::from(number));
        assert_in(out_for, (30.0 * f64::from(number)).min(300.0), &format!("time {number}"));
        fail_trial(&team, "a");
    }
}

#[test]
fn the_jitter_lengthens_by_up_to_a_tenth_also_300_s() {
    let base = Nanos(900 * S);
    let team = team_of(Rules { base, max_ejected: 1.0, panic_below: 0.0, ..RULES }, 1_000);
    let mut most: f64 = 0.0;
    for number in 0..999 {
        team.by_hand(Roster::eject_by_hand, &nth(number));
        let (out_for, _) = last(&team);
        assert_in(out_for, 300.0, "900 s are cut to 300");
        most = most.max(out_for);
    }
    assert!(most > 327.0, "of a thousand none is near a tenth: {most}");
}

#[test]
fn with_a_seed_the_jitter_is_the_same() {
    let out_for = || {
        let team = team_of(RULES, 3);
        team.eject("a");
        last(&team)
    };
    assert_eq!(out_for().0.to_bits(), out_for().0.to_bits());
}

#[test]
fn each_base_spent_in_service_takes_one_off() {
    // Ejected three times, then so many seconds in service.
    let cases = [(0, 4), (29, 4), (30, 3), (59, 3), (60, 2), (90, 1), (3_000, 1)];
    for (seconds, wanted) in cases {
        let team = team_of(RULES, 3);
        team.eject("a");
        fail_trial(&team, "a");
        fail_trial(&team, "a");
        team.wait_for("a");
        team.run_at("a", Success, 1);
        team.pass(seconds * S).eject("a");
        assert_eq!(last(&team).1, wanted, "after {seconds} s");
    }
}

#[test]
fn extreme_times_are_legal() {
    for base in [0, 1, u64::MAX] {
        let team = team_of(Rules { base: Nanos(base), ..RULES }, 3);
        team.now.set(u64::MAX - 1);
        team.run_at("a", Failure, 5);
        assert_eq!(team.see("a").times, 1, "base {base}");
    }
}
