//! How plays are judged: the claims of a scenario, and the values of a sweep.

use std::time::Duration;

use crate::play::Script;
use crate::played::{Played, Second, Totals};
use crate::policy::Policy;
use crate::scenario::Scenario;
use crate::sweep::settings::SETTINGS;
use crate::sweep::{Against, Figures, Swept, Variant};
use crate::trace::Trace;

/// Ten calls a second for eleven seconds: those of the first are failed, and all others are good.
fn played(policy: &str) -> Played {
    let second = |good| Second { calls: 10, good, failed: 10 - good, ..Second::default() };
    let seconds: Vec<_> = [0].into_iter().chain([10; 10]).map(second).collect();
    let totals =
        Totals { calls: 110, good: 100, failed: 10, sent: 220, p99: Duration::from_secs(2), ..Totals::default() };
    Played { policy: policy.to_owned(), totals, seconds, phases: Vec::new() }
}

/// What of this claim about the policy `a` does not hold.
fn broken(claim: &str) -> Vec<String> {
    let scenario = Scenario::parse(&format!("name = 'it'\n[[claim]]\npolicy = 'a'\n{claim}"));
    let scenario = scenario.expect("it is legal");
    scenario.broken(&[played("b"), played("a")])
}

#[test]
fn a_claim_holds_up_to_its_bounds() {
    for (figure, is) in [("good_at_end", 100.0), ("amplification", 2.0), ("mttr", 0.0), ("p99", 2.0)] {
        assert!(broken(&format!("figure = '{figure}'\nat_least = {is:?}\nat_most = {is:?}")).is_empty(), "{figure}");
        assert_eq!(broken(&format!("figure = '{figure}'\nat_least = {:?}", is + 0.1)).len(), 1, "{figure}");
        assert_eq!(broken(&format!("figure = '{figure}'\nat_most = {:?}", is - 0.1)).len(), 1, "{figure}");
    }
}

#[test]
fn a_claim_that_does_not_hold_is_told() {
    assert_eq!(broken("figure = 'good'\nat_least = 91.0"), ["it: Good of a, at least 91"]);
}

#[test]
fn a_claim_about_a_policy_that_nobody_played_does_not_hold() {
    let scenario = Scenario::parse("[[claim]]\npolicy = 'c'\nfigure = 'good'\nat_least = 0.0").unwrap();
    assert_eq!(scenario.broken(&[played("a")]).len(), 1);
}

#[test]
fn policies_of_the_same_name_are_refused() {
    let policies = [Policy::standard(), Policy::standard()];
    let refused = Scenario::default().play(&Trace::Read(Vec::new()), &policies, 1).unwrap_err().to_string();
    assert_eq!(refused, "`policy` is [\"standard\", \"standard\"], and must be files of different names");
}

#[test]
fn a_claim_that_nothing_can_break_is_refused() {
    let refused = Scenario::parse("[[claim]]\npolicy = 'a'\nfigure = 'good'").unwrap_err().to_string();
    assert_eq!(refused, "`claim` is (None, None), and must be with `at_least` or `at_most`");
}

/// A setting with a default, and another value that gains so many points on three loads: calls that are good, and calls in vain.
fn swept(gains: [(f64, f64); 3]) -> (Against, bool) {
    let figures = |(good, vain)| Figures { load: String::new(), good: 50.0 + good, sent: 100.0, vain: 50.0 - vain };
    let variant =
        |is_default, gains: [(f64, f64); 3]| Variant { value: 1.0, is_default, results: gains.map(figures).into() };
    let swept = Swept { setting: "it", values: vec![variant(true, [(0.0, 0.0); 3]), variant(false, gains)] };
    let value = &swept.values[1];
    (swept.against_default(value), swept.should_be_default(value))
}

#[test]
fn a_value_should_be_the_default_if_it_is_better_on_most_and_worse_on_none() {
    for (gains, better, worse, should) in [
        ([(2.0, 0.0), (0.0, 2.0), (0.0, 0.0)], 2, 0, true),
        ([(2.0, 0.0), (0.0, 0.0), (0.0, 0.0)], 1, 0, false),
        ([(2.0, 0.0), (0.0, 2.0), (-2.0, 0.0)], 2, 1, false),
        ([(2.0, -2.0), (2.0, 0.0), (2.0, 0.0)], 2, 1, false),
        ([(0.9, 0.9), (0.9, -0.9), (-0.9, 0.9)], 0, 0, false),
    ] {
        assert_eq!(swept(gains), (Against { better, worse }, should), "{gains:?}");
    }
}

/// Plays failures by chance, a service that is half dead, and an outage, so that each setting has something to do.
#[test]
fn the_defaults_of_the_sweep_are_those_of_the_crate() {
    let scenario = Scenario::parse(
        "load = [{ lasts = '120s', rate.steady = 50 }]
        upstream.fails = 0.2
        upstream.spell = [{ from = '40s', to = '70s', it.fails = 0.6 }, { from = '90s', to = '100s', it.fails = 1 }]",
    )
    .unwrap();
    let trace = Trace::Drawn(scenario.loads);
    let play = |policy: &Policy| {
        let script = Script { trace: &trace, patience: scenario.patience.0, upstream: &scenario.upstream, seed: 1 };
        script.play(policy).unwrap()
    };
    let usual = play(&Policy::standard());
    for setting in &SETTINGS {
        let with = |value| {
            let mut policy = Policy::standard();
            (setting.set)(&mut policy, value);
            play(&policy)
        };
        assert!(with(setting.default) == usual, "{}", setting.name);
        assert!(setting.values.iter().any(|value| with(*value) != usual), "{} changes nothing", setting.name);
        assert!(setting.values.contains(&setting.default), "{}", setting.name);
    }
}
