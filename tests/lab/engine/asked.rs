//! What arguments ask for.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::asked::Asked;
use crate::trace::read::BadLines;

fn asked(arguments: &str) -> Result<Asked, String> {
    Asked::read(arguments.split_whitespace().map(OsString::from))
}

#[test]
fn without_arguments_the_scenarios_of_the_lab_are_played() {
    let asked = asked("").unwrap();
    assert!(asked.wants_all());
    assert_eq!((asked.seed, asked.bad_lines, asked.check), (1, BadLines::Refused, false));
}

#[test]
fn each_argument_is_heeded() {
    let asked = asked("--trace t.csv --policy a.toml --policy b.toml --seed 7 --out o.html --skip-bad-lines").unwrap();
    assert!(!asked.wants_all());
    assert_eq!(asked.trace.unwrap().to_str(), Some("t.csv"));
    assert_eq!(asked.policies, ["a.toml", "b.toml"].map(PathBuf::from));
    assert_eq!(asked.out.unwrap().to_str(), Some("o.html"));
    assert_eq!((asked.seed, asked.bad_lines, asked.check), (7, BadLines::Skipped, false));
}

#[test]
fn a_scenario_is_checked_as_it_is() {
    assert!(asked("--check").unwrap().check);
    assert!(asked("--scenario s.toml --check --out o.html").unwrap().check);
}

#[test]
fn an_argument_that_is_not_understood_is_named() {
    for (arguments, reason) in [
        ("--polcy a.toml", "`--polcy` is unknown"),
        ("a.toml", "`a.toml` is unknown"),
        ("--policy", "`--policy` needs a value"),
        ("--seed -1", "`--seed` is \"-1\", and must be a whole number from 0 to 18446744073709551615"),
        ("--out o.html", "`--out` is for one report, and needs `--scenario` or `--trace`"),
        ("--check --policy a.toml", "`--check` is for a scenario as it is, without `--trace` or `--policy`"),
        ("--sweep --policy a.toml", "`--sweep` is for all loads of the lab, and takes nothing but `--seed`"),
        ("--sweep --scenario s.toml", "`--sweep` is for all loads of the lab, and takes nothing but `--seed`"),
        ("--sweep --out o.html", "`--sweep` is for all loads of the lab, and takes nothing but `--seed`"),
        ("--sweep --check", "`--sweep` is for all loads of the lab, and takes nothing but `--seed`"),
        ("--trace t.csv --check", "`--check` is for a scenario as it is, without `--trace` or `--policy`"),
    ] {
        assert_eq!(asked(arguments).unwrap_err(), reason);
    }
}
