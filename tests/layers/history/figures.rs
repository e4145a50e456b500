//! Figures of circuits.

use palisade::{FallbackLayer, Figures, NamedFigures};

use super::*;

/// Operating time, downtime and failures.
fn numbers(figures: &Figures) -> (Duration, Duration, u64) {
    (figures.operating, figures.downtime, figures.failures)
}

/// The figures of one name.
fn only(figures: Vec<NamedFigures>) -> NamedFigures {
    assert_eq!(figures.len(), 1);
    figures.into_iter().next().expect("there is one")
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_its_recovery_have_these_figures() {
    let circuit = circuit(&Registry::new());
    advance(50 * SECOND).await;
    fail_for_12_seconds(&circuit).await;
    advance(38 * SECOND).await;
    let figures = circuit.figures(None);
    assert_eq!(numbers(&figures), (88 * SECOND, 12 * SECOND, 1));
    assert_eq!((figures.watched, figures.longest), (100 * SECOND, 12 * SECOND));
    assert_eq!((figures.mtbf, figures.mttr), (Some(88 * SECOND), Some(12 * SECOND)));
    assert_eq!((figures.availability, figures.restored, figures.reopened), (0.88, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_window_has_its_part_of_a_failure() {
    let circuit = circuit(&Registry::new());
    fail_for_12_seconds(&circuit).await;
    advance(8 * SECOND).await;
    for (window, expected) in [(5, (5, 0, 0)), (8, (8, 0, 0)), (10, (8, 2, 1)), (20, (8, 12, 1)), (1_000, (8, 12, 1))] {
        let (operating, downtime, failures) = expected;
        let figures = circuit.figures(Some(window * SECOND));
        assert_eq!(numbers(&figures), (operating * SECOND, downtime * SECOND, failures), "{window}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_knows_how_an_idle_service_does() {
    let circuit = circuit(&Registry::new());
    advance(30 * SECOND).await;
    fail(&circuit);
    advance(10_000 * SECOND).await;
    let figures = circuit.figures(None);
    assert_eq!(numbers(&figures), (30 * SECOND, 10 * SECOND, 1));
    assert_eq!((figures.watched, figures.availability), (40 * SECOND, 0.75));
}

#[tokio::test(start_paused = true)]
async fn what_is_set_by_hand_neither_operates_nor_fails() {
    for set in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        let circuit = circuit(&Registry::new());
        advance(3 * SECOND).await;
        set(&circuit);
        advance(100 * SECOND).await;
        circuit.reset();
        advance(SECOND).await;
        assert_eq!(numbers(&circuit.figures(None)), (4 * SECOND, Duration::ZERO, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_opens_the_same_failure_again() {
    let circuit = circuit(&Registry::new());
    fail(&circuit);
    advance(10 * SECOND).await;
    fail(&circuit);
    advance(10 * SECOND).await;
    circuit.try_enter().expect("its open time is over").success();
    let figures = circuit.figures(None);
    assert_eq!(numbers(&figures), (Duration::ZERO, 20 * SECOND, 1));
    assert_eq!((figures.restored, figures.reopened, figures.availability), (1, 1, 0.0));
}

#[tokio::test(start_paused = true)]
async fn figures_since_the_build_outlive_a_thousand_transitions() {
    let circuit = circuit(&Registry::new());
    for _ in 0..1_500 {
        advance(SECOND).await;
        fail_for_12_seconds(&circuit).await;
    }
    let figures = circuit.figures(None);
    assert_eq!(numbers(&figures), (1_500 * SECOND, 1_500 * 12 * SECOND, 1_500));
    // Three transitions a failure: a window begins no earlier than the first that is kept.
    let figures = circuit.figures(Some(19_000 * SECOND));
    assert!(figures.watched < 5_000 * SECOND && figures.failures == 334, "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn the_success_rate_is_known_since_the_build_only() {
    let registry = Registry::new();
    let circuit = touchy(&registry).consecutive(2).build().unwrap().handle();
    assert_eq!(circuit.figures(None).success_rate, None);
    (0..3).for_each(|_| circuit.try_enter().unwrap().success());
    fail(&circuit);
    assert_eq!(circuit.figures(None).success_rate, Some(0.75));
    assert_eq!(circuit.figures(Some(SECOND)).success_rate, None);
}

#[tokio::test(start_paused = true)]
async fn circuits_of_one_name_are_added_up() {
    let registry = Registry::new();
    let circuits = [(); 2].map(|()| circuit(&registry));
    fail_for_12_seconds(&circuits[0]).await;
    fail(&circuits[1]);
    advance(5 * SECOND).await;
    circuits[1].reset();
    let NamedFigures { kind, name, figures, .. } = only(registry.figures(None));
    assert_eq!((kind, name.as_str()), (Kind::CircuitBreaker, "payments"));
    assert_eq!(numbers(&figures), (17 * SECOND, 17 * SECOND, 2));
    assert_eq!((figures.longest, figures.mttr), (12 * SECOND, Some(17 * SECOND / 2)));
}

#[tokio::test(start_paused = true)]
async fn the_circuits_of_keys_are_added_up_from_when_they_came() {
    let registry = Registry::new();
    let layer = touchy(&registry).per_key(|key: &u32| *key).build().unwrap();
    advance(100 * SECOND).await;
    layer.layer(up()).oneshot(1).await.unwrap();
    advance(10 * SECOND).await;
    layer.layer(down()).oneshot(2).await.unwrap_err();
    advance(4 * SECOND).await;
    assert_eq!(numbers(&only(registry.figures(None)).figures), (14 * SECOND, 4 * SECOND, 1));
}

#[test]
fn what_has_no_figures_is_not_among_them() {
    let registry = Registry::new();
    let _fallback = FallbackLayer::value(1).registry(&registry);
    assert_eq!(registry.figures(None), []);
}
