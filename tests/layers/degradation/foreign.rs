//! Signals and observers are foreign code.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;

use palisade::event::{self, Event, Kind, Source};
use palisade::{Action, Registry, Target};

use super::*;
use crate::support::services::panics;

/// The degradation that a signal asks for, once it is built.
type Built = Arc<OnceLock<Degradation>>;

#[test]
fn a_signal_that_panics_counts_as_0_and_is_asked_again() {
    paused(async {
        let (log, healthy, number) = (EventLog::of_thread(), AtomicBool::new(false), Number::default());
        let broken = move || if healthy.fetch_xor(true, Ordering::SeqCst) { 0.9 } else { panic!("no\nnumber") };
        let mode = at_once("degraded").signal("broken", broken).signal("load", number.signal());
        let degradation = shop().mode(mode).build().unwrap();
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push((degradation.mode(), degradation.snapshot().signals[0].value));
            advance(SECOND).await;
        }
        assert_eq!(seen, [("normal", 0.0), ("degraded", 0.9), ("normal", 0.0), ("degraded", 0.9)]);
        assert_eq!(number.reads(), 4, "the others go on");
        let told: Vec<_> = log.named("shop").into_iter().filter(|event| !event.field("error").is_empty()).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].level, told[0].target), (Level::WARN, "palisade::degradation"));
        let fields = ["message", "signal", "error"].map(|field| told[0].field(field));
        assert_eq!(fields, ["signal panicked", "broken", "panicked: no\\nnumber"]);
    });
}

#[test]
fn a_signal_is_held_within_its_bounds() {
    paused(async {
        let number = Number::default();
        let degradation = shop().mode(at_once("degraded").signal("load", number.signal())).build().unwrap();
        for (value, held) in [(f64::INFINITY, 1.0), (f64::NAN, 0.0), (1.5, 1.0), (-1.0, 0.0), (f64::NEG_INFINITY, 0.0)]
        {
            number.is(value);
            let seen = degradation.snapshot();
            assert_eq!((seen.mode, seen.signals[0].value), (if held > 0.0 { "degraded" } else { "normal" }, held));
            advance(SECOND).await;
        }
    });
}

#[test]
fn a_signal_has_no_sign() {
    paused(async {
        let number = Number::default();
        let degradation = shop().mode(at_once("degraded").signal("load", number.signal())).build().unwrap();
        for value in [-0.0, -f64::MIN_POSITIVE / 2.0, -f64::NAN] {
            number.is(value);
            advance(SECOND).await;
            assert_eq!(format!("{:.2}", degradation.snapshot().signals[0].value), "0.00", "{value}");
        }
    });
}

#[test]
fn a_signal_that_asks_for_the_mode_gets_the_one_before() {
    paused(async {
        let (built, asked) = (Built::default(), Arc::new(OnceLock::new()));
        let (own, answer) = (Arc::clone(&built), Arc::clone(&asked));
        let asks = move || {
            let degradation = own.get().expect("it is built before it is read");
            let seen = degradation.snapshot();
            answer
                .get_or_init(|| (degradation.mode(), degradation.allows("reviews"), seen.mode, seen.signals[0].value));
            1.0
        };
        let builder = shop().mode(at_once("degraded").signal("itself", asks)).feature("reviews", "degraded");
        built.set(builder.build().unwrap()).unwrap();
        assert_eq!(built.get().unwrap().mode(), "degraded");
        assert_eq!(asked.get(), Some(&("normal", true, "normal", 0.0)));
    });
}

#[test]
fn a_signal_may_set_a_mode() {
    paused(async {
        let built = Built::default();
        let own = Arc::clone(&built);
        let sets = move || {
            let degradation = own.get().expect("it is built before it is read");
            degradation.auto();
            degradation.set("emergency").expect("it is known");
            1.0
        };
        let builder = shop().mode(at_once("degraded").signal("itself", sets)).mode("emergency");
        built.set(builder.build().unwrap()).unwrap();
        let degradation = built.get().unwrap();
        assert_eq!(degradation.mode(), "emergency");
        assert!(degradation.snapshot().is_by_hand);
    });
}

#[test]
fn a_signal_may_build_another_degradation_and_steer_both() {
    paused(async {
        let registry = Registry::new();
        let own = registry.clone();
        let steers = move || {
            let other = shop().mode("emergency").registry(&own).build().expect("it is legal");
            let target = Target::new(Kind::Degradation, "shop");
            let steered = own.steer(&target, &Action::Set("emergency".into()), "a signal").expect("both know it");
            assert_eq!((steered, other.mode()), (2, "emergency"));
            1.0
        };
        let mode = at_once("degraded").signal("itself", steers);
        let degradation = shop().mode(mode).mode("emergency").registry(&registry).build().unwrap();
        assert_eq!(degradation.mode(), "emergency");
        degradation.auto();
        assert_eq!(degradation.mode(), "degraded", "the signal gave its number");
        assert_eq!(registry.instances().len(), 1);
    });
}

#[test]
fn those_who_ask_while_a_signal_is_read_do_not_wait() {
    let ((reads, is_read), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    let goes_on = parking_lot::Mutex::new(goes_on);
    let waits = move || {
        reads.send(()).expect("the test waits for it");
        goes_on.lock().recv().expect("the test goes on");
        1.0
    };
    let degradation = shop().mode(at_once("degraded").signal("slow", waits)).build().unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| degradation.mode());
        is_read.recv().unwrap();
        assert_eq!((degradation.mode(), degradation.snapshot().mode), ("normal", "normal"));
        go_on.send(()).unwrap();
        assert_eq!(reader.join().unwrap(), "degraded");
    });
}

#[test]
fn an_observer_may_ask_and_its_panic_leaves_the_mode_changed() {
    paused(async {
        let (built, number) = (Built::default(), Number::default());
        let builder = Degradation::builder("watched").mode(at_once("degraded").signal("load", number.signal()));
        built.set(builder.build().unwrap()).unwrap();
        let own = Arc::clone(&built);
        let subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
            if let (Event::ModeChanged { to, .. }, "watched") = (event, source.name().as_str()) {
                assert_eq!(own.get().unwrap().mode(), *to);
                panic!("it must not");
            }
        });
        number.is(1.0);
        assert!(panics(|| built.get().unwrap().mode()));
        drop(subscription);
        assert_eq!(built.get().unwrap().mode(), "degraded");
        number.is(0.0);
        advance(SECOND).await;
        assert_eq!(built.get().unwrap().mode(), "normal", "the turn to read was given back");
    });
}
