//! How long members take to respond.

use proptest::prelude::*;

use super::*;

const MS: u64 = 1_000_000;

impl Team {
    /// Ends a call that took so long.
    fn end_after(&self, call: Call, how: How, took: u64) {
        self.pass(took);
        if call.is_timed {
            let members = self.roster.members().0;
            self.roster.time(&members, &call.member, how, Nanos(self.now.get() - took), self.now());
        }
        self.end(call, how);
    }

    /// Times so many calls at this one that took so long.
    fn time_at(&self, name: &str, how: How, took: u64, times: usize) {
        for _ in 0..times {
            let call = Call { is_timed: true, ..self.call_at(name) };
            self.end_after(call, how, took);
        }
    }

    /// Where so many calls go that take as long as this says.
    fn places_after(&self, calls: usize, how: impl Fn(&str) -> (How, u64)) -> Vec<String> {
        let place = |_| {
            let call = self.call();
            let at = call.at().to_owned();
            let (how, took) = how(&at);
            self.end_after(call, how, took);
            at
        };
        (0..calls).map(place).collect()
    }

    /// Whether this one takes about half of the calls of two.
    fn has_its_share(&self, name: &str) -> bool {
        (850..1_150).contains(&count(&self.places(2_000), name))
    }
}

/// Two members: `a` was timed at so many milliseconds, and `b` at ten.
fn timed(a: u64) -> Team {
    let team = team_of(RULES, 2);
    team.time_at("a", Success, a * MS, 1);
    team.time_at("b", Success, 10 * MS, 1);
    team
}

#[test]
fn one_that_takes_twice_as_long_gets_no_calls_of_few() {
    for (millis, is_slow) in [(1, false), (6, false), (10, false), (19, false), (20, true), (100, true)] {
        let team = timed(millis);
        let name = if millis < 5 { "b" } else { "a" };
        let is_starved = count(&team.places(1_000), name) == 0;
        assert_eq!(is_starved, is_slow || millis == 1, "{millis} ms");
    }
}

#[test]
fn a_slow_one_takes_calls_where_the_other_has_many() {
    let team = timed(100);
    let _calls: Vec<_> = (0..33).map(|_| team.call()).collect();
    let found = ["a", "b"].map(|name| team.see(name).in_flight);
    assert!(found == [3, 30] || found == [2, 31], "{found:?}");
}

#[test]
fn weights_divide_the_load_of_those_that_are_as_fast() {
    let weighted = [("a", 3), ("b", 1)].map(|(name, weight)| Newcomer { weight, ..newcomer(name) });
    let team = Team::new(RULES, weighted.into());
    team.time_at("a", Success, 10 * MS, 1);
    team.time_at("b", Success, 19 * MS, 1);
    let _calls: Vec<_> = (0..40).map(|_| team.call()).collect();
    let found = ["a", "b"].map(|name| team.see(name).in_flight);
    assert!(found == [30, 10] || found == [29, 11] || found == [31, 9], "{found:?}");
}

#[test]
fn one_call_that_takes_a_hundred_times_as_long_is_no_sign() {
    let team = timed(10);
    team.time_at("a", Success, 1_000 * MS, 1);
    assert!(team.has_its_share("a"));
}

#[test]
fn three_calls_that_take_ten_times_as_long_are_a_sign() {
    let team = timed(10);
    team.time_at("a", Success, 100 * MS, 2);
    assert!(team.has_its_share("a"));
    team.time_at("a", Success, 100 * MS, 1);
    assert_eq!(count(&team.places(1_000), "a"), 0);
}

#[test]
fn one_that_was_slow_is_asked_again_within_12_seconds() {
    let team = timed(100);
    let took = |name: &str| (Success, if name == "a" { 100 * MS } else { 10 * MS });
    assert_eq!(count(&team.places_after(480, took), "a"), 0);
    assert!(count(&team.places_after(720, took), "a") > 0);
    let asked = count(&team.places_after(20_000, took), "a");
    assert!((15..=60).contains(&asked), "{asked} in 200 s");
}

#[test]
fn one_that_has_recovered_has_its_share_within_12_s() {
    let team = timed(1_000);
    assert_eq!(count(&team.places_after(400, |_| (Success, 10 * MS)), "a"), 0);
    team.places_after(800, |_| (Success, 10 * MS));
    assert!(team.has_its_share("a"));
}

#[test]
fn a_new_one_takes_no_more_calls_at_once_than_the_others() {
    let team = timed(10);
    let mut calls: Vec<_> = (0..20).map(|_| team.call()).collect();
    team.add("c");
    while team.see("c").in_flight < 10 {
        calls.push(team.call());
    }
    assert!(calls.len() >= 30, "it has 10 of {}", calls.len());
    let most = ["a", "b"].map(|name| team.see(name).in_flight);
    assert!(most.iter().all(|calls| *calls <= 21), "{most:?}");
}

#[test]
fn failures_that_come_fast_are_no_reason_to_call() {
    let team = Team::new(Rules { consecutive: None, ..RULES }, vec![newcomer("a"), newcomer("b")]);
    team.time_at("a", Success, 10 * MS, 1);
    team.time_at("b", Success, 10 * MS, 1);
    team.time_at("a", Failure, MS, 4);
    assert_eq!(count(&team.places(1_000), "a"), 0);
    // Old, it is asked again, and the first failure decides.
    let asked =
        count(&team.places_after(2_000, |name| if name == "a" { (Failure, MS) } else { (Success, 10 * MS) }), "a");
    assert!((1..=4).contains(&asked), "{asked} in 20 s");
}

#[test]
fn a_failure_of_one_that_was_never_timed_says_nothing() {
    let team = team_of(RULES, 2);
    team.time_at("a", Failure, 0, 4);
    team.time_at("b", Success, 10 * MS, 1);
    assert!(team.has_its_share("a"));
}

#[test]
fn what_ends_without_a_result_says_nothing() {
    for how in [Throttled, Nothing] {
        let team = timed(10);
        team.time_at("a", how, 1_000 * MS, 100);
        assert!(team.has_its_share("a"), "{how:?}");
    }
}

#[test]
fn each_call_is_timed_until_one_was_and_then_one_of_16() {
    let team = team_of(RULES, 1);
    let first: Vec<_> = (0..10).map(|_| team.call()).collect();
    assert!(first.iter().all(|call| call.is_timed));
    team.time_at("a", Success, 10 * MS, 1);
    let timed = (0..16_000).filter(|_| team.call().is_timed).count();
    assert!((900..1_100).contains(&timed), "{timed}");
}

#[test]
fn only_the_less_loaded_of_two_are_timed() {
    for rules in [ROUND_ROBIN, FAIL_OVER, Rules { shards: Some(2), ..RULES }] {
        let team = team_of(rules, 3);
        assert!((0..100).all(|_| !team.call().is_timed), "{rules:?}");
    }
}

/// A member as a naive model has it.
#[derive(Clone, Copy, Debug)]
struct Naive {
    /// The logarithm of its estimate.
    pace: Option<f64>,
    /// How many looks there were since it was renewed.
    looks: u32,
    in_flight: u64,
    weight: u64,
}

#[expect(clippy::cast_precision_loss, reason = "a model")]
impl Naive {
    fn time(&mut self, how: How, took: u64) {
        let took = (took.max(4) as f64).ln();
        let next = match (how, self.pace) {
            (Success, _) => took,
            (Failure, Some(pace)) => took.max(pace + 8_f64.ln()),
            _ => return,
        };
        self.pace = Some(self.fresh().map_or(next, |pace| pace * 0.875 + next * 0.125));
        self.looks = 0;
    }

    fn fresh(&self) -> Option<f64> {
        self.pace.filter(|_| self.looks < 2)
    }

    /// The logarithm of its load with one more call, where it is compared with this one.
    fn load(&self, other: &Self) -> f64 {
        let pace = match (self.fresh(), other.fresh()) {
            (Some(mine), Some(others)) if (mine - others).abs() >= 2_f64.ln() => mine,
            _ => 0.0,
        };
        ((self.in_flight + 1) as f64 / self.weight as f64).ln() + pace
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_they_take_the_less_loaded_takes_the_call(
        weights in [1..5_u32, 1..5_u32],
        acts in prop::collection::vec((0..100_u64, prop_oneof![6 => Just(Success), 2 => Just(Failure), 1 => Just(Nothing)], 0..400 * MS), 200),
    ) {
        let newcomers = [("a", weights[0]), ("b", weights[1])].map(|(name, weight)| Newcomer { weight, ..newcomer(name) });
        let team = Team::new(Rules { consecutive: None, ..RULES }, newcomers.into());
        let mut model = weights.map(|weight| Naive { pace: None, looks: 0, in_flight: 0, weight: weight.into() });
        let mut calls: Vec<Call> = Vec::new();
        for (step, (number, how, took)) in acts.into_iter().enumerate() {
            team.pass(S);
            let now = team.now.get();
            let members = team.roster.members().0;
            // A look comes when a call was timed, and 5 s have passed since the last one.
            team.roster.time(&members, members.get(0), Nothing, Nanos(now), Nanos(now));
            if step % 5 == 0 {
                for one in &mut model { one.looks += 1; }
            }
            if number < 60 {
                let call = team.call();
                let at = usize::from(call.at() == "b");
                let (mine, others) = (model[at].load(&model[1 - at]), model[1 - at].load(&model[at]));
                prop_assert!(mine <= others + 1e-6, "{mine} is more than {others}: {model:?}");
                model[at].in_flight += 1;
                calls.push(call);
            } else if !calls.is_empty() {
                let index = usize::try_from(number).unwrap() % calls.len();
                let call = calls.swap_remove(index);
                let at = usize::from(call.at() == "b");
                model[at].in_flight -= 1;
                if call.is_timed {
                    team.roster.time(&members, &call.member, how, Nanos(now - took), team.now());
                    model[at].time(how, took);
                }
                team.end(call, how);
            }
        }
    }
}
