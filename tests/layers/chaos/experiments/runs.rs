//! How runs go on, and what ends them.

use std::future::pending;
use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, TryFutureExt};
use palisade::test_util::drop_after;
use palisade::{ChaosHandle, Objective};

use super::*;

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

#[test]
fn a_check_that_hangs_with_the_faults_does_not_hold() {
    paused(async {
        let layer = all().hang(1.0).build().unwrap();
        let (handle, service) = (layer.handle(), layer.layer(echo()));
        let asks = move || service.clone().oneshot(1).map_ok(drop);
        let patient = || experiment("it is waited for longer than it is broken").for_(5 * SECOND);
        let start = now();
        let report = patient().during(handle.clone()).steady(asks).run().await;
        let hung = "palisade: the service failed: chaos `faults`: the call hung until the faults stopped";
        assert!(matches!(&report.outcome, Outcome::Broken(why) if hung.contains(why.as_str())), "{report}");
        assert_eq!((handle.snapshot().is_on, now() - start), (false, 5 * SECOND));

        let thing = Broken::default();
        let (looked, start) = (thing.clone(), now());
        let check = move || {
            let is_broken = looked.is_broken();
            async move { if is_broken { pending().await } else { Ok::<_, Down>(()) } }
        };
        let report = patient().during(thing.clone()).steady(check).run().await;
        assert_eq!(report.outcome, Outcome::Broken("a check took longer than 10s".to_owned()));
        assert_eq!((thing.is_broken(), now() - start), (false, 10 * SECOND));
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
            let ended = drop_after(polls, experiment.run()).await.is_some();
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
fn a_report_is_the_same_as_the_last_one_while_time_goes_by() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let experiment = breaking(&Broken::default()).for_(Duration::ZERO);
        let report = experiment.run().await;
        assert_eq!(experiment.last(), Some(report));
    });
}

/// Something else that is broken, whose end panics.
#[derive(Debug)]
struct Stuck;

impl Disrupt for Stuck {
    fn name(&self) -> String {
        "a stuck thing".to_owned()
    }

    fn start(&self) -> Result<(), BoxError> {
        Ok(())
    }

    fn stop(&self) {
        panic!("it does not let go");
    }
}

#[test]
fn a_fault_whose_end_panics_keeps_no_other_on_and_wedges_nothing() {
    paused(async {
        let thing = Broken::default();
        let experiment = experiment("it is stuck").during(Stuck).during(thing.clone()).for_(SECOND);
        let aborted = Outcome::Aborted("a fault panicked: it does not let go".to_owned());
        for polls in [1, 2, 100] {
            let mut run = task::spawn(experiment.run());
            for _ in 0..polls {
                if run.poll().is_ready() {
                    break;
                }
                advance(50 * MILLI).await;
            }
            drop(run);
            assert!(!thing.is_broken(), "{polls}");
            assert_eq!(experiment.last().unwrap().outcome, aborted, "{polls}");
        }
        let looked = thing.clone();
        let experiment = experiment.steady(move || {
            assert!(!looked.is_broken(), "both panic");
            ready(Ok::<_, Down>(()))
        });
        assert!(AssertUnwindSafe(experiment.run()).catch_unwind().await.is_err());
        assert!(!thing.is_broken());
        assert_eq!(experiment.last().unwrap().outcome, aborted);
    });
}

/// A bug of the user's, until it is mended.
#[derive(Clone, Debug, Default)]
struct Bug(Arc<AtomicBool>);

impl Bug {
    fn or<T>(&self, value: T) -> T {
        assert!(self.0.load(Ordering::SeqCst), "a bug");
        value
    }
}

/// Adds what has a bug.
type Add = fn(Experiment, Bug) -> Experiment;

#[test]
fn what_is_the_users_and_panics_ends_its_own_run_alone() {
    let rows: [(&str, Add); 3] = [
        ("abort_when", |experiment, bug| experiment.abort_when(move || bug.or(false))),
        ("measure", |experiment, bug| experiment.measure("level", move || bug.or(1.0))),
        ("steady", |experiment, bug| experiment.steady(move || bug.or(ready(Ok::<_, Down>(()))))),
    ];
    for (label, add) in rows {
        paused(async {
            let (thing, bug) = (Broken::default(), Bug::default());
            let experiment = add(breaking(&thing), bug.clone());
            assert!(AssertUnwindSafe(experiment.run()).catch_unwind().await.is_err(), "{label}");
            let panicked = Outcome::Aborted("the run panicked".to_owned());
            assert_eq!((thing.is_broken(), experiment.last().unwrap().outcome), (false, panicked), "{label}");
            bug.0.store(true, Ordering::SeqCst);
            assert_eq!(experiment.run().await.outcome, Outcome::Held, "{label}");
        });
    }
}

#[test]
fn a_second_run_at_once_is_aborted_and_breaks_and_mends_nothing() {
    paused(async {
        let thing = Broken::default();
        let experiment = breaking(&thing).steady(unless(|| false));
        let mut first = task::spawn(experiment.run());
        assert!(first.poll().is_pending());
        let at_once = async { [experiment.run().await, experiment.every(SECOND).await] };
        for second in timeout(SECOND, at_once).await.expect("they end at once") {
            assert_eq!(second.outcome, Outcome::Aborted("it runs already".to_owned()));
        }
        assert_eq!((thing.is_broken(), thing.starts(), experiment.last()), (true, 1, None));
        let report = first.await;
        assert_eq!((&report.outcome, thing.is_broken()), (&Outcome::Held, false));
        assert_eq!(experiment.last(), Some(report));
        assert_eq!(experiment.run().await.outcome, Outcome::Held, "the next one runs");
    });
}

#[test]
fn of_many_threads_one_runs_an_experiment() {
    let thing = Broken::default();
    let (experiment, begin) = (Arc::new(breaking(&thing)), Arc::new(std::sync::Barrier::new(4)));
    let polled = std::thread::scope(|scope| {
        let run = || {
            let (experiment, begin) = (Arc::clone(&experiment), Arc::clone(&begin));
            scope.spawn(move || {
                paused(async {
                    let mut run = task::spawn(experiment.run());
                    begin.wait();
                    let is_over = run.poll().is_ready();
                    begin.wait();
                    is_over
                })
            })
        };
        let threads = [(); 4].map(|()| run());
        threads.map(|thread| thread.join().expect("nothing panics"))
    });
    assert_eq!((polled.iter().filter(|is_over| !**is_over).count(), thing.starts()), (1, 1));
    assert!(!thing.is_broken());
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
