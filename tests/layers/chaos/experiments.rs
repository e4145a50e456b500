//! Experiments, and their reports.

use std::future::{Ready, pending, ready};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::FutureExt;
use palisade::chaos::experiment::Disrupt;
use palisade::chaos::{Experiment, Outcome};
use palisade::{ChaosHandle, Objective, Registry};
use tower::BoxError;

use super::*;

/// Something that is broken, and counts how often it was started.
#[derive(Clone, Debug, Default)]
struct Broken(Arc<(AtomicBool, AtomicU32)>);

impl Broken {
    fn is_broken(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    fn starts(&self) -> u32 {
        self.0.1.load(Ordering::SeqCst)
    }
}

impl Disrupt for Broken {
    fn name(&self) -> String {
        "a thing".to_owned()
    }

    fn start(&self) -> Result<(), BoxError> {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn stop(&self) {
        self.0.0.store(false, Ordering::SeqCst);
    }

    fn done(&self) -> u64 {
        7
    }
}

fn experiment(name: &'static str) -> Experiment {
    Experiment::new(name).expect("the name is legal").registry(&Registry::new())
}

/// Breaks it for ten seconds.
fn breaking(thing: &Broken) -> Experiment {
    experiment("nobody notices").during(thing.clone()).for_(10 * SECOND)
}

/// A check that holds unless this says so.
fn unless(fails: impl Fn() -> bool + Send + Sync + 'static) -> impl Fn() -> Ready<Result<(), Down>> + Send + Sync {
    move || ready(if fails() { Err(Down(1)) } else { Ok(()) })
}

#[test]
fn a_hypothesis_holds_if_the_steady_state_does_before_during_and_after() {
    paused(async {
        let (thing, checks) = (Broken::default(), Arc::new(AtomicU32::new(0)));
        let asked = Arc::clone(&checks);
        let experiment = breaking(&thing).steady(unless(move || {
            asked.fetch_add(1, Ordering::SeqCst);
            false
        }));
        let start = now();
        let report = experiment.run().await;
        assert_eq!((report.outcome.clone(), report.faults.clone()), (Outcome::Held, vec![("a thing".to_owned(), 7)]));
        assert_eq!((now() - start, report.took), (10 * SECOND, 10 * SECOND));
        assert!(checks.load(Ordering::SeqCst) > 50, "it is watched");
        assert!(!thing.is_broken());
        assert_eq!(experiment.last(), Some(report));
    });
}

#[test]
fn nothing_is_broken_where_the_state_is_not_steady_before() {
    paused(async {
        let thing = Broken::default();
        let report = breaking(&thing).steady(unless(|| true)).run().await;
        assert_eq!(report.outcome, Outcome::NotSteady("down 1".to_owned()));
        assert_eq!((thing.starts(), report.faults.len()), (0, 0));
    });
}

#[test]
fn a_state_that_is_not_steady_stops_the_faults_at_once() {
    paused(async {
        let thing = Broken::default();
        let (looked, start) = (thing.clone(), now());
        let report = breaking(&thing).steady(unless(move || looked.is_broken())).run().await;
        assert_eq!(report.outcome, Outcome::Broken("down 1".to_owned()));
        assert!(!thing.is_broken() && now() == start);
    });
}

#[test]
fn a_state_that_does_not_come_back_is_broken() {
    paused(async {
        let thing = Broken::default();
        let looked = thing.clone();
        let fails = move || looked.starts() > 0 && !looked.is_broken();
        let report = breaking(&thing).steady(unless(fails)).run().await;
        assert_eq!(report.outcome, Outcome::Broken("after the faults, down 1".to_owned()));
    });
}

#[test]
fn a_check_that_hangs_does_not_hold_and_holds_up_no_abort() {
    paused(async {
        let (thing, start) = (Broken::default(), now());
        let hangs = || experiment("it hangs").patience(3 * SECOND);
        let report = hangs().during(thing.clone()).steady(pending::<Result<(), Down>>).run().await;
        assert_eq!(report.outcome, Outcome::NotSteady("a check took longer than 3s".to_owned()));
        assert_eq!(now() - start, 3 * SECOND);

        let looked = thing.clone();
        let check = move || {
            let is_broken = looked.is_broken();
            async move { if is_broken { pending().await } else { Ok::<_, Down>(()) } }
        };
        let asked = thing.clone();
        let start = now();
        let report = hangs().during(thing.clone()).steady(check).abort_when(move || asked.is_broken()).run().await;
        assert_eq!(report.outcome, Outcome::Aborted("a condition said so".to_owned()));
        assert!(now() - start <= 100 * MILLI);
    });
}

/// A layer whose calls fail, and who makes one every ten milliseconds.
fn calls(builder: Builder, objective: &Objective) -> ChaosHandle {
    let layer = builder.build().expect("the settings are legal");
    let handle = layer.handle();
    let measure = palisade::MeasureLayer::builder("orders").objective(objective).build().expect("it is legal");
    let mut service = measure.layer(layer.layer(echo()));
    tokio::spawn(async move {
        loop {
            service.ready().await.expect("it is ready").call(1).await.ok();
            tokio::time::sleep(10 * MILLI).await;
        }
    });
    handle
}

#[test]
fn an_experiment_whose_objective_burns_is_halted_within_one_second() {
    paused(async {
        let objective = Objective::builder("orders").availability(0.99).build().unwrap();
        let handle = calls(all().fail(0.5, |_| Down(1)), &objective);
        let (gate, burning) = (objective.gate(10.0), Arc::new(std::sync::OnceLock::new()));
        let since = Arc::clone(&burning);
        let watch = tokio::spawn(async move {
            loop {
                if !objective.gate(10.0).is_open() {
                    since.set(now()).ok();
                }
                tokio::time::sleep(MILLI).await;
            }
        });
        let experiment = experiment("half of the calls may fail").during(handle.clone()).for_(600 * SECOND);
        let report = experiment.abort_when(move || !gate.is_open()).run().await;
        assert_eq!(report.outcome, Outcome::Aborted("a condition said so".to_owned()));
        assert!(!handle.snapshot().is_on);
        assert!(report.faults[0].1 > 0, "{report}");
        tokio::time::sleep(2 * MILLI).await;
        let since = *burning.get().expect("it burns");
        assert!(now() - since <= SECOND, "{:?}", now() - since);
        watch.abort();
    });
}

#[test]
fn faults_that_end_by_themselves_abort_the_experiment() {
    paused(async {
        let layer = all().hang(1.0).expires(3 * SECOND).build().unwrap();
        let report = experiment("it ends early").during(layer.handle()).run().await;
        assert_eq!(report.outcome, Outcome::Aborted("chaos `faults` ended by itself".to_owned()));
        assert!(report.took <= 3 * SECOND + 100 * MILLI);
    });
}

#[test]
fn the_faults_of_a_dropped_run_stop_and_its_report_says_so() {
    paused(async {
        for polls in 0..40 {
            let thing = Broken::default();
            let experiment = breaking(&thing).steady(unless(|| false)).for_(SECOND);
            let mut run = task::spawn(experiment.run());
            let mut ended = false;
            for _ in 0..polls {
                ended = ended || run.poll().is_ready();
                if ended {
                    break;
                }
                advance(50 * MILLI).await;
            }
            drop(run);
            assert!(!thing.is_broken(), "{polls}");
            let outcome = experiment.last().map(|report| report.outcome);
            let dropped = Outcome::Aborted("the run was dropped".to_owned());
            let expected = if polls == 0 { None } else { Some(if ended { Outcome::Held } else { dropped }) };
            assert_eq!(outcome, expected, "{polls}");
        }
    });
}

#[test]
fn the_faults_of_a_run_that_panics_stop_and_its_report_says_so() {
    paused(async {
        let thing = Broken::default();
        let looked = thing.clone();
        let experiment = breaking(&thing).steady(move || {
            assert!(!looked.is_broken(), "a bug of the check");
            ready(Ok::<_, Down>(()))
        });
        assert!(AssertUnwindSafe(experiment.run()).catch_unwind().await.is_err());
        assert!(!thing.is_broken());
        assert_eq!(experiment.last().unwrap().outcome, Outcome::Aborted("the run panicked".to_owned()));
    });
}

#[test]
fn an_experiment_is_repeated_until_one_does_not_hold() {
    paused(async {
        let thing = Broken::default();
        let looked = thing.clone();
        let experiment = breaking(&thing).steady(unless(move || looked.starts() == 3 && looked.is_broken()));
        let start = now();
        let report = experiment.every(3_600 * SECOND).await;
        assert_eq!(report.outcome, Outcome::Broken("down 1".to_owned()));
        assert_eq!((thing.starts(), now() - start), (3, 7_200 * SECOND));
        assert_eq!(experiment.last(), Some(report));
    });
}

#[test]
fn experiments_in_a_row_let_others_run() {
    paused(async {
        let thing = Broken::default();
        let endless = breaking(&thing).for_(Duration::ZERO);
        assert!(timeout(10 * SECOND, endless.every(Duration::ZERO)).await.is_err());
        assert!((90..=101).contains(&thing.starts()), "{}", thing.starts());
    });
}

#[test]
fn a_report_says_what_was_measured() {
    paused(async {
        let thing = Broken::default();
        let looked = thing.clone();
        let level = move || if looked.is_broken() { 2.5 } else { 1.0 };
        let mut report = breaking(&thing).measure("p99 | s", level).run().await;
        report.began = std::time::SystemTime::UNIX_EPOCH;
        let text = "nobody notices: held\n  began 1970-01-01T00:00:00.000Z, took 10s\n  a thing: 7\n  p99 | s: 1.000 before, 2.500 during, \
                    1.000 after";
        assert_eq!(report.to_string(), text);
        let markdown = "## nobody notices\n\nThe hypothesis: held.\n\nBegan 1970-01-01T00:00:00.000Z, took 10s.\n\n| fault | done |\n|---|---|\n\
                        | a thing | 7 |\n\n| measured | before | during | after |\n|---|---|---|---|\n\
                        | p99 \\| s | 1.000 | 2.500 | 1.000 |\n";
        assert_eq!(report.markdown(), markdown);
    });
}

#[cfg(feature = "serde")]
#[test]
fn a_report_is_json() {
    paused(async {
        let thing = Broken::default();
        let looked = thing.clone();
        let experiment = breaking(&thing).measure("level", || 1.0);
        let mut report = experiment.steady(unless(move || looked.is_broken())).run().await;
        report.began = std::time::SystemTime::UNIX_EPOCH;
        let json = serde_json::to_value(&report).unwrap();
        let expected = serde_json::json!({
            "name": "nobody notices",
            "outcome": "broken",
            "why": "down 1",
            "began": "1970-01-01T00:00:00.000Z",
            "took": 0.0,
            "faults": [["a thing", 7]],
            "measurements": [{ "name": "level", "before": 1.0, "during": 1.0, "after": 1.0 }],
        });
        assert_eq!(json, expected);
    });
}
