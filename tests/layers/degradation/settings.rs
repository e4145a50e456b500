//! What is legal.

use palisade::ConfigError;

use super::*;

/// Why it is refused.
fn why(builder: DegradationBuilder) -> String {
    builder.build().map(|_| ()).expect_err("it is not legal").to_string()
}

fn mode(of: impl FnOnce(Mode) -> Mode) -> String {
    why(shop().mode(of(Mode::new("degraded"))))
}

#[test]
fn what_is_not_legal_is_refused_with_its_value() {
    let long = "x".repeat(65);
    for (refused, expected) in [
        (why(Degradation::builder("")), "degradation: `name` is \"\", but must be 1 to 64 bytes"),
        (why(shop().mode("")), "degradation `shop`: `mode` is \"\", but must be 1 to 64 bytes"),
        (
            why(shop().mode("normal")),
            "degradation `shop`: `mode` is `normal` again, but must be of another name than the others and `normal`",
        ),
        (
            why(shop().mode("degraded").mode("degraded")),
            "degradation `shop`: `mode` is `degraded` again, but must be of another name than the others and `normal`",
        ),
        (
            why(shop().mode("degraded").feature("", "degraded")),
            "degradation `shop`: `feature` is \"\", but must be 1 to 64 bytes",
        ),
        (
            why(shop().mode("degraded").feature("reviews", "degraded").feature("reviews", "degraded")),
            "degradation `shop`: `feature` is `reviews` again, but must be of another name than the others",
        ),
        (
            why(shop().mode("degraded").mode("emergency").feature("reviews", "emergancy")),
            "degradation `shop`: `feature` is `reviews` off from \"emergancy\", but must be off from one of: degraded, emergency",
        ),
        (
            why(shop().mode("degraded").feature("reviews", "normal")),
            "degradation `shop`: `feature` is `reviews` off from \"normal\", but must be off from one of: degraded",
        ),
        (
            why(shop().feature("reviews", "degraded")),
            "degradation `shop`: `feature` is `reviews` off from \"degraded\", but must be added with a mode",
        ),
        (mode(|mode| mode.signal("", || 0.0)), "degradation `shop`: `signal` is \"\", but must be 1 to 64 bytes"),
        (
            mode(|mode| mode.signal("load", || 0.0).signal("load", || 1.0)),
            "degradation `shop`: `signal` is `load` again for `degraded`, but must be of another name than the others of its mode",
        ),
        (
            mode(|mode| mode.enter_at(0.5).leave_at(0.5)),
            "degradation `shop`: `leave_at` is 0.5 for `degraded`, but must be in [0, 1], and less than `enter_at`",
        ),
    ] {
        assert_eq!(refused, expected);
    }
    for refused in [why(shop().mode(long.clone())), why(shop().mode("a").feature(long.clone(), "a"))] {
        assert!(refused.contains("1 to 64 bytes"), "{refused}");
    }
}

#[test]
fn a_line_is_in_its_bounds() {
    for value in [f64::NAN, f64::INFINITY, -0.1, 0.0, 1.1] {
        let refused = mode(|mode| mode.enter_at(value));
        assert!(refused.contains(&format!("`enter_at` is {value} for `degraded`, but must be in (0, 1]")), "{refused}");
    }
    for value in [f64::NAN, f64::NEG_INFINITY, -0.1, 1.0, 1.1] {
        let refused = mode(|mode| mode.enter_at(1.0).leave_at(value));
        assert!(refused.contains(&format!("`leave_at` is {value} for `degraded`")), "{refused}");
    }
}

#[test]
fn every_legal_line_and_time_runs() {
    paused(async {
        for enter_at in [f64::MIN_POSITIVE, 0.5, 1.0] {
            for time in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
                let number = Number::default();
                let mode = Mode::new("degraded").enter_at(enter_at).leave_at(0.0).enter_after(time).leave_after(time);
                let degradation = shop().mode(mode.signal("load", number.signal())).build().unwrap();
                for value in [1.0, 1.0, 0.0, 0.0] {
                    number.is(value);
                    degradation.mode();
                    advance(SECOND).await;
                }
                assert_eq!(degradation.mode(), "normal", "{enter_at}, {time:?}");
            }
        }
    });
}

#[test]
fn without_modes_everything_is_normal() {
    let degradation = shop().build().unwrap();
    assert_eq!((degradation.mode(), degradation.allows("reviews")), ("normal", true));
    degradation.set("normal").unwrap();
}

#[test]
fn one_signal_may_be_in_several_modes() {
    let number = Number::default();
    let mode = |name| at_once(name).signal("load", number.signal());
    assert!(shop().mode(mode("degraded")).mode(mode("emergency")).build().is_ok());
}

#[test]
fn an_unknown_mode_cannot_be_set() {
    let degradation = shop().mode("degraded").mode("emergency".to_owned()).build().unwrap();
    degradation.set("degraded").unwrap();
    let refused = |mode: &str| degradation.set(mode).as_ref().map_err(ConfigError::to_string).unwrap_err().clone();
    assert_eq!(
        refused("Emergency"),
        "degradation `shop`: `mode` is \"Emergency\", but must be one of: normal, degraded, emergency"
    );
    assert!(refused(&"x".repeat(1 << 20)).len() < 400);
    assert_eq!(degradation.mode(), "degraded");
}
