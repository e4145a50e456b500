//! The model of the upstream service.

use std::time::Duration;

use proptest::prelude::*;

use super::{millis, seconds};
use crate::call::{Call, Failure, Told};
use crate::upstream::Upstream;
use crate::upstream::state::Fate::{self, Ends, Hangs};
use crate::upstream::state::State;

fn upstream(text: &str) -> Upstream {
    let upstream: Upstream = toml::from_str(text).expect("it is legal");
    upstream.check().expect("it is legal");
    upstream
}

fn state(text: &str) -> State {
    State::new(&upstream(text), 1)
}

/// The first attempt of a call.
fn take(state: &mut State, number: u64, now: Duration) -> Fate {
    state.take(&Call { number, at: now, told: Told::default() }, now)
}

/// What becomes of calls that come at these milliseconds.
fn fates(text: &str, times: &[u64]) -> Vec<Fate> {
    let mut state = state(text);
    (0..).zip(times).map(|(number, at)| take(&mut state, number, millis(*at))).collect()
}

const DOWN: Result<(), Failure> = Err(Failure::Down);
const FAILED: Result<(), Failure> = Err(Failure::Failed);
const FULL: Result<(), Failure> = Err(Failure::Full);

#[test]
fn calls_wait_for_a_worker_and_are_refused_where_the_queue_is_full() {
    let fates = fates("workers = 2\nqueue = 1\nwork.constant = '10ms'", &[0, 1, 2, 3, 10, 40]);
    let ends = [10, 11, 20].map(|end| Ends(millis(end), Ok(())));
    let last = [Ends(millis(3), FULL), Ends(millis(21), Ok(())), Ends(millis(50), Ok(()))];
    assert_eq!(fates, [ends, last].concat());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The model: each call goes to the worker that is free first, and is here from its arrival to its end.
    #[test]
    fn a_queue_is_first_come_first_served(
        workers in 1_usize..5,
        queue in 0_usize..5,
        calls in prop::collection::vec((0_u64..5, 0_u64..20), 1..60),
    ) {
        let mut state = state(&format!("workers = {workers}\nqueue = {queue}"));
        let (mut free_at, mut ends, mut now) = (vec![millis(0); workers], Vec::new(), millis(0));
        for (gap, work) in calls {
            now += millis(gap);
            let told = Told { latency: Some(millis(work)), outcome: None };
            ends.retain(|end| *end > now);
            let waiting = free_at.iter().filter(|free| **free > now).count();
            let expected = if waiting == workers && ends.len() == workers + queue {
                Ends(now, FULL)
            } else {
                let first = free_at.iter_mut().min().expect("there is one");
                *first = (*first).max(now) + millis(work);
                ends.push(*first);
                Ends(*first, Ok(()))
            };
            prop_assert_eq!(state.take(&Call { number: 0, at: now, told }, now), expected);
            ends.retain(|end| *end > now);
            prop_assert_eq!(state.busy(now), ends.len());
        }
    }
}

#[test]
fn a_spell_lasts_from_its_begin_up_to_its_end_and_comes_again() {
    let ok = |at: u64| Ends(millis(at + 5), Ok(()));
    for (it, met) in
        [("'refuses'", Ends(millis(1000), DOWN)), ("'hangs'", Hangs), ("{ fails = 1 }", Ends(millis(1005), FAILED))]
    {
        let text = format!("spell = [{{ from = '1s', to = '2s', it = {it} }}]");
        assert_eq!(fates(&text, &[999, 1000, 2000]), [ok(999), met, ok(2000)]);
    }
    let again = "spell = [{ from = '1s', to = '2s', every = '3s', it = 'hangs' }]";
    assert_eq!(fates(again, &[999, 1999, 3999, 4000, 4999, 5000]), [ok(999), Hangs, ok(3999), Hangs, Hangs, ok(5000)]);
    assert_eq!(fates("spell = [{ from = '1s', it = 'hangs' }]", &[999, 3_600_000]), [ok(999), Hangs]);
}

#[test]
fn a_service_that_stalls_works_when_its_spell_ends() {
    let text = "workers = 1\nwork.constant = '10ms'\nspell = [{ from = '1s', to = '2s', it = 'stalls' }]";
    assert_eq!(fates(text, &[1000, 1500, 1990]), [2010, 2020, 2030].map(|end| Ends(millis(end), Ok(()))));
}

#[test]
fn work_may_take_longer_for_a_while() {
    let text = "work.constant = '10ms'\nspell = [{ from = '1s', to = '2s', it.is_slower = 3 }, { from = '2s', it.works.constant = '1s' }]";
    assert_eq!(fates(text, &[0, 1000, 2000]), [10, 1030, 3000].map(|end| Ends(millis(end), Ok(()))));
}

/// Three deviations of ten thousand draws.
#[test]
fn a_share_of_calls_fails() {
    for share in [0.0_f64, 0.1, 1.0] {
        let fates = fates(&format!("fails = {share}"), &vec![0; 10_000]);
        let failed: f64 = fates.iter().filter(|fate| matches!(fate, Ends(_, FAILED))).map(|_| 1.0).sum();
        let most = 3.0 * (1e4 * share * (1.0 - share)).sqrt();
        assert!((failed - 1e4 * share).abs() <= most, "{failed} of 10,000, and not {share}");
    }
}

#[test]
fn all_attempts_of_a_call_meet_a_spell_of_a_share_or_none_does() {
    let mut state = state("spell = [{ from = '0s', share = 0.3, it.fails = 1 }]");
    let mut met = 0;
    for number in 0..1000 {
        let fates = [(); 3].map(|()| take(&mut state, number, seconds(0)));
        assert!(fates.iter().all(|fate| *fate == fates[0]));
        met += u32::from(fates[0] == Ends(millis(5), FAILED));
    }
    assert!((250..350).contains(&met), "{met} of 1000");
}

#[test]
fn a_bucket_refuses_what_finds_no_token() {
    let text = "throttle = { per_second = 10, burst = 2, retry_after = '1s' }";
    let (ok, throttled) = (
        |at: u64| Ends(millis(at + 5), Ok(())),
        |at| Ends(millis(at), Err(Failure::Throttled { retry_after: Some(seconds(1)) })),
    );
    let expected =
        [ok(0), ok(0), throttled(0), throttled(99), ok(100), throttled(150), ok(10_000), ok(10_000), throttled(10_000)];
    assert_eq!(fates(text, &[0, 0, 0, 99, 100, 150, 10_000, 10_000, 10_000]), expected);
}

#[test]
fn what_is_sent_in_vain_is_counted() {
    let mut state = state("spell = [{ from = '1s', to = '2s', it = 'hangs' }, { from = '2s', it = 'refuses' }]");
    for at in [0, 1, 1, 2] {
        take(&mut state, at, seconds(at));
    }
    assert_eq!((state.sent, state.vain), (4, 3));
}

#[test]
fn work_is_drawn_as_it_is_described() {
    for (work, draws) in [
        ("constant = '7ms'", [7, 7, 7, 7, 7]),
        ("exponential = '100ms'", [0, 28, 69, 138, 230]),
        ("quantiles = [[0.5, '10ms'], [0.9, '50ms']]", [10, 10, 10, 35, 50]),
        ("quantiles = [[0.0, '0ms'], [0.5, '100ms'], [1.0, '200ms']]", [0, 50, 100, 150, 180]),
    ] {
        let work = upstream(&format!("work.{work}")).work;
        assert_eq!([0.0, 0.25, 0.5, 0.75, 0.9].map(|draw| work.at(draw).as_millis()), draws, "{work:?}");
    }
}

#[test]
fn what_is_no_service_is_refused() {
    for (text, setting) in [
        ("workers = 0", "workers"),
        ("workers = 10000000", "workers"),
        ("fails = 1.5", "fails"),
        ("fails = nan", "fails"),
        ("work.quantiles = []", "quantiles"),
        ("work.quantiles = [[0.5, '2s'], [0.9, '1s']]", "quantiles"),
        ("work.quantiles = [[0.9, '1s'], [0.5, '2s']]", "quantiles"),
        ("work.quantiles = [[50, '1s']]", "quantiles"),
        ("throttle = { per_second = -1, burst = 1 }", "per_second"),
        ("throttle = { per_second = 1, burst = inf }", "burst"),
        ("spell = [{ from = '2s', to = '1s', it = 'hangs' }]", "to"),
        ("spell = [{ from = '2s', every = '0s', it = 'hangs' }]", "every"),
        ("spell = [{ from = '2s', it = 'stalls' }]", "to"),
        ("spell = [{ from = '2s', share = 2, it = 'hangs' }]", "share"),
        ("spell = [{ from = '2s', it.fails = 2 }]", "fails"),
        ("spell = [{ from = '2s', it.is_slower = -1 }]", "is_slower"),
        ("spell = [{ from = '2s', it.works.quantiles = [] }]", "quantiles"),
    ] {
        let reason = toml::from_str::<Upstream>(text).unwrap().check().unwrap_err();
        assert!(reason.starts_with(&format!("`{setting}` is ")), "{text}: {reason}");
    }
}
