//! What holds for each export.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use palisade::{CircuitBreakerLayer, Registry};
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
                let counted = seen.iter().filter(|((name, _), _)| counters.contains(&name.as_str()));
                assert_eq!(counted.filter(|(_, count)| **count > 0.0).collect::<Vec<_>>(), []);
                assert!(seen.len() > 50, "{seen:?}");
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
            async fn no_counter_falls_while_circuits_come_and_go() {
                let registry = Registry::new();
                let done = Arc::new(AtomicBool::new(false));
                let circuits = thread::spawn({
                    let (registry, done) = (registry.clone(), Arc::clone(&done));
                    move || come_and_go(&registry, &done)
                });
                let (seen, mut last) = (Seen::of(&registry).await, Values::new());
                for _ in 0..200 {
                    let next = seen.read().await;
                    let counters = counters_of(&registry);
                    for (series, count) in last.iter().filter(|((name, _), _)| counters.contains(&name.as_str())) {
                        assert!(next.get(series) >= Some(count), "{series:?}: {count}, then {:?}", next.get(series));
                    }
                    last = next;
                }
                done.store(true, Ordering::SeqCst);
                let calls = circuits.join().unwrap();
                assert_eq!(seen.read().await.get(&successes()), Some(&calls));
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

/// Builds circuits that let one call pass and go, until it is done. How many calls there were.
fn come_and_go(registry: &Registry, done: &AtomicBool) -> f64 {
    let mut calls = 0.0;
    while !done.load(Ordering::SeqCst) {
        let layer = CircuitBreakerLayer::builder("seen").registry(registry).build().unwrap();
        layer.handle().try_enter().unwrap().success();
        calls += 1.0;
    }
    calls
}

fn successes() -> Series {
    series("palisade_circuit_calls_total", &[("name", "seen"), ("outcome", "success")])
}
