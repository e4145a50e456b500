//! What holds for each export.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use palisade::{CircuitBreakerLayer, MeasureLayer, Outcome, Registry};
use tower::ServiceExt;

use super::{Export, Series, Values, bulkhead, counters_of, series, stack, values_of};

/// Claims them for each of these modules, which has an export that is called `Seen`.
macro_rules! claims {
    ($($export:ident)+) => {$(
        mod $export {
            use super::*;
            use crate::$export::Seen;

            #[tokio::test]
            async fn everything_is_there_at_zero_from_build() {
                let registry = Registry::new();
                let _stack = stack(&registry);
                let seen = Seen::of(&registry).await.read().await;
                assert_eq!(seen, values_of(&registry));
                let counters = counters_of(&registry);
                let counted = seen.iter().filter(|((name, _), _)| counters.contains(name));
                assert_eq!(counted.filter(|(_, count)| **count > 0.0).collect::<Vec<_>>(), []);
                assert!(seen.keys().any(|(name, _)| name.ends_with("_bucket")), "{seen:?}");
            }

            #[tokio::test(start_paused = true)]
            async fn counts_agree_to_the_call() {
                let registry = Registry::new();
                let (stack, seen) = (stack(&registry), Seen::of(&registry).await);
                seen.read().await;
                for _ in 0..30 {
                    stack.clone().oneshot(1).await.unwrap();
                }
                let seen = seen.read().await;
                assert_eq!(seen, values_of(&registry));
                let answers = series("palisade_fallback_answers_total", &[("name", "seen"), ("step", "1")]);
                assert_eq!(seen.get(&answers), Some(&30.0));
            }

            #[tokio::test]
            async fn no_counter_falls_while_circuits_and_measures_come_and_go() {
                let registry = Registry::new();
                let done = Arc::new(AtomicBool::new(false));
                let layers = thread::spawn({
                    let (registry, done) = (registry.clone(), Arc::clone(&done));
                    move || come_and_go(&registry, &done)
                });
                let (seen, mut last) = (Seen::of(&registry).await, Values::new());
                for _ in 0..50 {
                    let next = seen.read().await;
                    let counters = counters_of(&registry);
                    for (series, count) in last.iter().filter(|((name, _), _)| counters.contains(name)) {
                        assert!(next.get(series) >= Some(count), "{series:?}: {count}, then {:?}", next.get(series));
                    }
                    last = next;
                }
                done.store(true, Ordering::SeqCst);
                let calls = layers.join().unwrap();
                let seen = seen.read().await;
                assert_eq!(successes().map(|series| seen.get(&series)), [Some(&calls); 2]);
            }

            #[tokio::test]
            async fn two_registries_share_nothing() {
                let (one, other) = (Registry::new(), Registry::new());
                let layers = [bulkhead(&one, "seen"), bulkhead(&other, "seen")];
                drop(layers[0].handle().try_enter().unwrap());
                let _place = layers[1].handle().try_enter().unwrap();
                layers[1].handle().try_enter().unwrap_err();
                assert_eq!(Seen::of(&one).await.read().await, values_of(&one));
                assert_eq!(Seen::of(&other).await.read().await, values_of(&other));
            }
        }
    )+};
}

claims! { prometheus_client metrics opentelemetry }

/// Builds circuits and measures that one call passes and that go, until it is done. How many calls there were.
fn come_and_go(registry: &Registry, done: &AtomicBool) -> f64 {
    let mut calls = 0.0;
    while !done.load(Ordering::SeqCst) {
        let circuit = CircuitBreakerLayer::builder("seen").registry(registry).build().unwrap();
        circuit.handle().try_enter().unwrap().success();
        let measure = MeasureLayer::builder("seen").registry(registry).build().unwrap();
        measure.handle().begin().settle(Outcome::Success);
        calls += 1.0;
    }
    calls
}

/// Those of circuits, and those of measures.
fn successes() -> [Series; 2] {
    let counts = ["palisade_circuit_calls_total", "palisade_call_duration_seconds_count"];
    counts.map(|count| series(count, &[("name", "seen"), ("outcome", "success")]))
}
