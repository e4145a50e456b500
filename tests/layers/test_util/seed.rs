//! The seed of a test.

use std::env;
use std::process::{Command, Output};

use palisade::test_util::Seed;

const VARIABLE: &str = "PALISADE_SEED";

/// Fails with what it drew.
#[test]
#[ignore = "a role: `failed` runs it"]
fn draws_and_fails() {
    let mut seed = Seed::new();
    let drawn = [seed.next_u64(), seed.part(1).next_u64(), seed.next_u64()];
    panic!("drew {drawn:?}");
}

/// What the test runner shows of the test that fails, with this seed.
fn failed(seed: Option<&str>) -> String {
    let mut child = Command::new(env::current_exe().expect("the test runs"));
    child.args(["test_util::seed::draws_and_fails", "--exact", "--ignored"]).env_remove(VARIABLE);
    child.envs(seed.map(|seed| (VARIABLE, seed)));
    let Output { status, stdout, .. } = child.output().expect("this binary runs again");
    assert!(!status.success());
    String::from_utf8(stdout).expect("what it tells is text")
}

/// The text from here to the end of its line.
fn line_after<'a>(text: &'a str, start: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.lines().next()).unwrap_or_else(|| panic!("no `{start}` in {text}"))
}

#[test]
fn a_test_that_fails_prints_its_seed_which_replays_it() {
    let first = failed(None);
    let seed = line_after(&first, "PALISADE_SEED=");
    let again = failed(Some(seed));
    assert_eq!(line_after(&again, "drew "), line_after(&first, "drew "));
    assert_eq!(line_after(&again, "PALISADE_SEED="), seed);
    assert_ne!(line_after(&failed(None), "drew "), line_after(&first, "drew "), "each run has its own");
}

#[test]
fn a_seed_that_is_no_number_is_told() {
    for text in ["", "x", "-1", "18446744073709551616"] {
        let told = format!("PALISADE_SEED is `{text}`, and must be from 0 to 18446744073709551615");
        assert!(failed(Some(text)).contains(&told), "{text}");
    }
    assert!(failed(Some("18446744073709551615")).contains("drew "));
}

/// The first numbers of the reference implementation in C, for the seed 1234567.
#[test]
fn the_numbers_are_those_of_split_mix_everywhere() {
    let mut seed = Seed::fixed(1_234_567);
    let drawn = [0; 3].map(|_| seed.next_u64());
    assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
}

#[test]
fn parts_differ_and_do_not_depend_on_what_others_drew() {
    let (mut seed, fresh) = (Seed::fixed(0), Seed::fixed(0));
    let mut first: Vec<_> = (0..1_000).map(|number| fresh.part(number).next_u64()).collect();
    assert_eq!(seed.part(7).next_u64(), first[7]);
    first.push(seed.next_u64());
    first.sort_unstable();
    first.dedup();
    assert_eq!(first.len(), 1_001);
}

#[test]
fn fractions_are_from_zero_and_less_than_one() {
    for number in [0, 1, u64::MAX] {
        let mut seed = Seed::fixed(number);
        assert!((0..10_000).all(|_| (0.0..1.0).contains(&seed.fraction())));
    }
}
