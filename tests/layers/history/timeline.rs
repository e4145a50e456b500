//! Which happenings and failures a timeline has.

use std::sync::Barrier;
use std::thread;

use palisade::registry::Failure;
use palisade::{FallbackLayer, MeasureLayer, Objective, Outcome, Phase, fallback};
use tower::ServiceBuilder;

use super::*;
use crate::support::Down;
use crate::support::time::DAY;

/// The kind, the reason, how long it lasted, and calls that were rejected, degraded and lost.
fn seen(failure: &Failure) -> (Kind, &str, Duration, u64, Option<u64>, Option<u64>) {
    let Failure { kind, reason, lasted, rejected, degraded, lost, .. } = failure;
    (*kind, reason, *lasted, *rejected, *degraded, *lost)
}

#[tokio::test(start_paused = true)]
async fn a_failure_has_its_reason_its_length_and_its_rejected_calls() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    for _ in 0..7 {
        circuit.try_enter().unwrap_err();
    }
    advance(10 * SECOND).await;
    circuit.try_enter().unwrap().success();
    let timeline = all(&registry);
    assert_eq!(timeline.failures.len(), 1);
    let failure = &timeline.failures[0];
    assert_eq!(seen(failure), (Kind::CircuitBreaker, "consecutive", 10 * SECOND, 7, None, None));
    assert_eq!(failure.ended, Some(failure.began + 10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_goes_on_has_lasted_so_far() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    advance(4 * SECOND).await;
    circuit.try_enter().unwrap_err();
    let failure = &all(&registry).failures[0];
    assert_eq!((failure.ended, failure.lasted, failure.rejected), (None, 4 * SECOND, 1));
}

#[tokio::test(start_paused = true)]
async fn an_idle_circuit_fails_for_as_long_as_its_figures_say() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    advance(DAY).await;
    let (failure, figures) = (&all(&registry).failures[0], circuit.figures(None));
    assert_eq!((failure.ended, failure.lasted), (None, figures.downtime));
    assert_eq!(figures.downtime, 10 * SECOND);
    circuit.try_enter().unwrap().success();
    let failure = &all(&registry).failures[0];
    assert_eq!((failure.ended, failure.lasted), (Some(failure.began + DAY), 10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn what_fallbacks_of_the_name_answered_meanwhile_is_degraded() {
    let registry = Registry::new();
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::value(9).name(name("payments")).registry(&registry))
        .layer(touchy(&registry).build().unwrap())
        .service(down::<u32>());
    for _ in 0..4 {
        assert_eq!(service.clone().oneshot(1).await.unwrap(), 9);
    }
    // The first opens the circuit before its fallback answers.
    let expected = (Kind::CircuitBreaker, "consecutive", Duration::ZERO, 3, Some(4), Some(0));
    assert_eq!(seen(&all(&registry).failures[0]), expected);
}

#[tokio::test(start_paused = true)]
async fn what_fallbacks_of_the_name_could_not_answer_is_lost() {
    let registry = Registry::new();
    let step = fallback::function(|_: Result<&u32, &palisade::Error>| Err::<u32, _>(Down(2)));
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::new(step).name(name("payments")).registry(&registry))
        .layer(touchy(&registry).build().unwrap())
        .service(down::<u32>());
    for _ in 0..4 {
        service.clone().oneshot(1).await.unwrap_err();
    }
    assert_eq!(seen(&all(&registry).failures[0]).4, Some(0));
    assert_eq!(seen(&all(&registry).failures[0]).5, Some(4));
}

#[tokio::test(start_paused = true)]
async fn without_a_fallback_a_measure_of_the_name_knows_what_is_lost() {
    let registry = Registry::new();
    let service = ServiceBuilder::new()
        .layer(MeasureLayer::builder("payments").registry(&registry).build().unwrap())
        .layer(touchy(&registry).build().unwrap())
        .service(down::<u32>());
    for _ in 0..4 {
        service.clone().oneshot(1).await.unwrap_err();
    }
    let (.., degraded, lost) = seen(&all(&registry).failures[0]);
    assert_eq!((degraded, lost), (None, Some(4)));
}

#[tokio::test(start_paused = true)]
async fn layers_of_other_names_and_registries_say_nothing_of_it() {
    let registry = Registry::new();
    let _others = (
        FallbackLayer::value(9).name(name("orders")).registry(&registry),
        FallbackLayer::value(9).name(name("payments")).registry(&Registry::new()),
    );
    fail(&circuit(&registry));
    let circuit = circuit(&registry);
    fail(&circuit);
    let (.., degraded, lost) = seen(&all(&registry).failures[0]);
    assert_eq!((degraded, lost), (None, None));
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_an_objective_is_the_time_of_its_pages() {
    let registry = Registry::new();
    let objective = Objective::builder("checkout").availability(0.999).registry(&registry).build().unwrap();
    (0..5).for_each(|_| objective.record(Outcome::Failed, SECOND));
    advance(DAY).await;
    let (failures, figures) = (all(&registry).failures, objective.figures(None));
    let expected = (Kind::Objective, "availability", figures.longest, 0, Some(0), None);
    assert_eq!((failures.len(), seen(&failures[0])), (1, expected));
    assert!(figures.longest > 1_000 * SECOND && failures[0].ended.is_some(), "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn only_what_lies_between_the_two_moments_is_there() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail_for_12_seconds(&circuit).await;
    advance(100 * SECOND).await;
    let timeline = all(&registry);
    let [opened, half_open, closed] = &timeline.happenings[..] else { panic!("{timeline:?}") };
    // Each look computes the times anew, from clocks that go on.
    let near = Duration::from_secs(1);
    for (from, to, happenings, failures) in [
        (opened.at - near, closed.at + near, 3, 1),
        (opened.at + near, half_open.at + near, 1, 1),
        (opened.at + near, half_open.at - near, 0, 1),
        (closed.at + near, closed.at + 2 * near, 0, 0),
        (opened.at - 2 * near, opened.at - near, 0, 0),
    ] {
        let timeline = registry.timeline(from, to);
        assert_eq!((timeline.happenings.len(), timeline.failures.len()), (happenings, failures));
        assert_eq!((timeline.from, timeline.to), (from, to));
    }
}

#[tokio::test(start_paused = true)]
async fn an_interval_that_is_empty_or_inverted_has_nothing() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    let (first, last) = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 1_000 * YEAR);
    for (from, to) in [(last, first), (first, first), (last, last)] {
        let timeline = registry.timeline(from, to);
        assert_eq!((timeline.happenings.len(), timeline.left_out), (0, 0));
    }
    assert_eq!(registry.timeline(last, first).failures, []);
}

#[tokio::test(start_paused = true)]
async fn happenings_of_all_instances_are_in_the_order_of_their_times() {
    let registry = Registry::new();
    let circuits = ["a", "b"].map(|of| touchy(&registry).name(name(of)).build().unwrap().handle());
    for number in [0, 1, 1, 0] {
        circuits[number].force_open();
        circuits[number].reset();
        advance(SECOND).await;
    }
    let timeline = all(&registry);
    let names: Vec<_> = timeline.happenings.iter().map(|happening| happening.name.as_str()).collect();
    assert_eq!(names, ["a", "a", "b", "b", "b", "b", "a", "a"]);
    assert!(timeline.happenings.is_sorted_by_key(|happening| happening.at));
}

#[tokio::test(start_paused = true)]
async fn keys_are_there_where_the_layer_shows_them() {
    let registry = Registry::new();
    let shown = touchy(&registry).per_key(|key: &u32| *key).show_keys().build().unwrap();
    shown.layer(down()).oneshot(7).await.unwrap_err();
    let hidden = touchy(&registry).per_key(|key: &u32| *key).build().unwrap();
    hidden.layer(down()).oneshot(8).await.unwrap_err();
    let timeline = all(&registry);
    let keys: Vec<_> = timeline.happenings.iter().map(|happening| happening.key.as_deref()).collect();
    assert_eq!(keys, [Some("7"), None]);
    assert_eq!(timeline.failures.len(), 2);
}

#[test]
fn what_is_gone_took_its_history_with_it() {
    let registry = Registry::new();
    let gone = circuit(&registry);
    gone.force_open();
    assert_eq!(all(&registry).happenings.len(), 1);
    drop(gone);
    assert_eq!(all(&registry).happenings, []);
}

/// Transitions that threads tell in any order are one walk through the phases.
#[test]
fn each_transition_begins_where_the_one_before_ended() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    let begin = Barrier::new(4);
    thread::scope(|scope| {
        for number in 0..4 {
            let (circuit, begin) = (circuit.clone(), &begin);
            scope.spawn(move || {
                begin.wait();
                for _ in 0..200 {
                    [CircuitHandle::force_open, CircuitHandle::metrics_only][number % 2](&circuit);
                    circuit.reset();
                }
            });
        }
    });
    let timeline = all(&registry);
    let phases = timeline.happenings.iter().map(|happening| match happening.what {
        What::Transition { from, to, .. } => (from, to),
        ref other => panic!("{other}"),
    });
    let phases: Vec<(Phase, Phase)> = phases.collect();
    assert!(phases.len() > 100);
    assert!(phases.windows(2).all(|pair| pair[0].1 == pair[1].0), "{phases:?}");
}
