//! Modes of degradation. Which is in force is decided in `src/state/degradation`, and claimed in `src/state/tests/degradation`.

#![expect(clippy::float_cmp, reason = "these are computed in the same way, or exact")]

mod circuits;
mod features;
mod foreign;
mod handles;
mod settings;
mod shown;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use palisade::degradation::DegradationBuilder;
use palisade::test_util::EventLog;
use palisade::{Degradation, Mode};
use tokio::time::advance;
use tracing::Level;

use crate::support::paused;
use crate::support::time::{DAY, MILLI, SECOND};

/// A number that a test sets, and how often it was read.
#[derive(Clone, Debug, Default)]
struct Number(Arc<(AtomicU64, AtomicUsize)>);

impl Number {
    fn is(&self, value: f64) {
        self.0.0.store(value.to_bits(), Ordering::SeqCst);
    }

    fn signal(&self) -> impl Fn() -> f64 + Send + Sync + 'static + use<> {
        let number = self.clone();
        move || {
            number.0.1.fetch_add(1, Ordering::SeqCst);
            f64::from_bits(number.0.0.load(Ordering::SeqCst))
        }
    }

    fn reads(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

/// A mode that one reading enters and leaves.
fn at_once(name: &'static str) -> Mode {
    Mode::new(name).enter_after(Duration::ZERO).leave_after(Duration::ZERO)
}

fn shop() -> DegradationBuilder {
    Degradation::builder("shop")
}

/// What may be in a shop, by whether it is allowed.
fn allowed(degradation: &Degradation) -> [bool; 3] {
    ["recommendations", "reviews", "checkout"].map(|feature| degradation.allows(feature))
}

#[test]
fn a_mode_is_entered_and_left_with_its_times() {
    paused(async {
        let number = Number::default();
        let degradation = shop().mode(Mode::new("degraded").signal("load", number.signal())).build().unwrap();
        let mut seen = Vec::new();
        for (value, after) in [(0.9, 0), (0.9, 900), (0.9, 100), (0.5, 100), (0.5, 9_900), (0.5, 100)] {
            number.is(value);
            advance(Duration::from_millis(after)).await;
            seen.push(degradation.mode());
        }
        assert_eq!(seen, ["normal", "normal", "degraded", "degraded", "degraded", "normal"]);
    });
}

#[test]
fn readings_far_apart_enter_a_mode() {
    paused(async {
        let number = Number::default();
        let mode = Mode::new("degraded").enter_after(5 * SECOND).signal("load", number.signal());
        let degradation = shop().mode(mode).build().unwrap();
        number.is(1.0);
        assert_eq!(degradation.mode(), "normal");
        advance(10 * SECOND).await;
        assert_eq!(degradation.mode(), "degraded");
        number.is(0.0);
        assert_eq!(degradation.mode(), "degraded", "it was just read");
        advance(1000 * DAY).await;
        assert_eq!(degradation.mode(), "degraded", "it is low from this reading on");
        advance(10 * SECOND).await;
        assert_eq!(degradation.mode(), "normal");
    });
}

#[test]
fn the_higher_mode_wins_and_switches_more_off() {
    paused(async {
        let (mild, bad) = (Number::default(), Number::default());
        let degradation = shop()
            .mode(at_once("degraded").signal("load", mild.signal()))
            .mode(at_once("emergency").signal("load", bad.signal()))
            .feature("reviews", "emergency")
            .feature("recommendations", "degraded")
            .build()
            .unwrap();
        for (numbers, expected) in [
            ([0.0, 0.0], ("normal", [true, true, true])),
            ([1.0, 0.0], ("degraded", [false, true, true])),
            ([1.0, 1.0], ("emergency", [false, false, true])),
            ([0.0, 1.0], ("emergency", [false, false, true])),
            ([0.0, 0.0], ("normal", [true, true, true])),
        ] {
            mild.is(numbers[0]);
            bad.is(numbers[1]);
            advance(100 * MILLI).await;
            assert_eq!((degradation.mode(), allowed(&degradation)), expected);
        }
    });
}

#[test]
fn a_mode_set_by_hand_holds_until_signals_decide_again() {
    paused(async {
        let number = Number::default();
        let degradation =
            shop().mode(at_once("degraded").signal("load", number.signal())).mode("emergency").build().unwrap();
        degradation.set("emergency").unwrap();
        number.is(1.0);
        assert_eq!(degradation.mode(), "emergency");
        assert!(degradation.snapshot().is_by_hand);
        degradation.auto();
        assert_eq!(degradation.mode(), "degraded", "what it was read to be meanwhile");
        degradation.set("normal").unwrap();
        assert_eq!(degradation.mode(), "normal");
        degradation.auto();
        degradation.auto();
        assert_eq!((degradation.mode(), degradation.snapshot().is_by_hand), ("degraded", false));
    });
}

#[test]
fn signals_are_read_once_in_100_ms_and_no_more() {
    paused(async {
        let numbers = [(); 3].map(|()| Number::default());
        let mode = |name, number: &Number| at_once(name).signal("load", number.signal());
        let degraded = mode("degraded", &numbers[0]).signal("queue", numbers[1].signal());
        let degradation = shop().mode(degraded).mode(mode("emergency", &numbers[2])).build().unwrap();
        for _ in 0..1_000 {
            assert!(degradation.allows("anything") && degradation.mode() == "normal");
            advance(Duration::from_micros(99)).await;
        }
        assert_eq!(numbers.each_ref().map(Number::reads), [1; 3]);
        advance(MILLI).await;
        degradation.mode();
        assert_eq!(numbers.each_ref().map(Number::reads), [2; 3]);
    });
}

/// There is no runtime, so a task could not be spawned.
#[test]
fn nothing_runs_beside_those_who_ask() {
    let number = Number::default();
    let degradation = shop().mode(at_once("degraded").signal("load", number.signal())).build().unwrap();
    number.is(1.0);
    assert_eq!((degradation.mode(), number.reads()), ("degraded", 1));
    drop(degradation);
    assert_eq!(Arc::strong_count(&number.0), 1, "its signals went with it");
}

#[test]
fn a_snapshot_has_the_last_values_and_the_age_of_the_mode() {
    paused(async {
        let number = Number::default();
        let degradation = shop()
            .mode(at_once("degraded").signal("load", number.signal()).signal("more", || 7.0))
            .mode("emergency")
            .build()
            .unwrap();
        number.is(0.25);
        advance(SECOND).await;
        let seen = degradation.snapshot();
        let signals: Vec<_> = seen.signals.iter().map(|read| (read.mode, read.signal, read.value)).collect();
        assert_eq!(signals, [("degraded", "load", 0.25), ("degraded", "more", 1.0)]);
        assert_eq!((seen.mode, seen.mode_age, seen.is_by_hand), ("degraded", Duration::ZERO, false));
        advance(3 * SECOND).await;
        assert_eq!(degradation.snapshot().mode_age, 3 * SECOND);
    });
}
