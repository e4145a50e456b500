//! What is seen of experiments: events, the timeline, the registry and its counts.

use std::time::SystemTime;

use palisade::event::Kind;
use palisade::registry::{Instance, Reading};
use tracing::Level;

use super::*;
use palisade::test_util::EventLog;

/// The experiments of a registry, as text.
fn shown(registry: &Registry) -> Vec<String> {
    let experiments = registry.instances().into_iter().filter(|instance| instance.kind == Kind::Experiment);
    let text = |Instance { name, snapshot, .. }: Instance| {
        let known = snapshot.iter().filter(|setting| setting.name != "began").map(ToString::to_string);
        format!("{name}: {}", known.collect::<Vec<_>>().join(", "))
    };
    experiments.map(text).collect()
}

#[test]
fn the_beginning_and_the_end_of_a_run_are_told() {
    paused(async {
        let events = EventLog::of_thread();
        let registry = Registry::new();
        let thing = Broken::default();
        let looked = thing.clone();
        let fails = move || looked.starts() == 2 && looked.is_broken();
        let experiment = breaking(&thing).registry(&registry).steady(unless(fails));
        experiment.every(60 * SECOND).await;
        let told: Vec<_> = events.of("palisade::chaos").into_iter().map(|event| (event.level, event.fields)).collect();
        let fields = |fields: &[(&'static str, &str)]| {
            let all = fields.iter().chain(&[("name", "nobody notices")]);
            all.map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        let began = || (Level::WARN, fields(&[("message", "experiment began"), ("time", "10s")]));
        let ended = ("message", "experiment ended");
        let held = (Level::INFO, fields(&[ended, ("outcome", "held")]));
        let broken = (Level::WARN, fields(&[ended, ("outcome", "broken"), ("why", "down 1")]));
        assert_eq!(told, [began(), held, began(), broken]);

        let now = SystemTime::UNIX_EPOCH;
        let timeline = registry.timeline(now, now + Duration::from_secs(1 << 40));
        let texts: Vec<_> = timeline.happenings.iter().map(|happening| happening.what.to_string()).collect();
        let began = "experiment began, for 10s";
        assert_eq!(texts, [began, "experiment ended, held", began, "experiment ended, broken (down 1)"]);
    });
}

#[test]
fn a_registry_shows_the_last_report_and_whether_one_runs() {
    paused(async {
        let registry = Registry::new();
        let thing = Broken::default();
        let experiment = breaking(&thing).registry(&registry);
        let never = "nobody notices: is_running off, outcome off, why off, took off";
        assert_eq!(shown(&registry), [never]);
        let mut run = task::spawn(experiment.run());
        assert!(run.poll().is_pending());
        assert_eq!(shown(&registry), ["nobody notices: is_running on, outcome off, why off, took off"]);
        advance(SECOND).await;
        drop(run);
        let dropped = "nobody notices: is_running off, outcome aborted, why the run was dropped, took 1s";
        assert_eq!(shown(&registry), [dropped]);
        let report = experiment.run().await;
        assert_eq!(shown(&registry), ["nobody notices: is_running off, outcome held, why off, took 10s"]);
        let began =
            registry.instances()[0].snapshot.iter().find(|setting| setting.name == "began").unwrap().to_string();
        assert!(report.to_string().contains(&began), "{began} in {report}");
        drop(experiment);
        assert!(shown(&registry).is_empty());
    });
}

/// How often each outcome was counted, where it was.
fn counted(registry: &Registry) -> Vec<(&'static str, u64)> {
    let metrics = registry.metrics().into_iter().filter(|metric| metric.name == "palisade_experiment_runs_total");
    let samples = metrics.flat_map(|metric| metric.samples);
    let outcomes = samples.filter_map(|sample| match sample.value {
        Reading::Count(count) if count > 0 => Some((sample.labels[1].1, count)),
        _ => None,
    });
    outcomes.collect()
}

#[test]
fn runs_are_counted_by_their_outcomes() {
    paused(async {
        let registry = Registry::new();
        let thing = Broken::default();
        breaking(&thing).registry(&registry).run().await;
        breaking(&thing).registry(&registry).run().await;
        breaking(&thing).registry(&registry).steady(unless(|| true)).run().await;
        breaking(&thing).registry(&registry).abort_when(|| true).run().await;
        let looked = thing.clone();
        breaking(&thing).registry(&registry).steady(unless(move || looked.is_broken())).run().await;
        assert_eq!(counted(&registry), [("held", 2), ("broken", 1), ("not_steady", 1), ("aborted", 1)]);
    });
}

#[test]
fn an_experiment_without_a_registry_of_its_own_is_listed_in_that_of_the_process() {
    let experiment = Experiment::new("listed for all").unwrap();
    let is_listed = || Registry::global().instances().iter().any(|instance| instance.name.as_str() == "listed for all");
    assert!(is_listed());
    let elsewhere = experiment.registry(&Registry::new());
    assert!(!is_listed());
    drop(elsewhere);
}

#[test]
fn a_name_that_is_not_legal_is_told() {
    for name in [String::new(), "x".repeat(65)] {
        let expected = format!("experiment: `name` is {name:?}, but must be 1 to 64 bytes");
        assert_eq!(Experiment::new(name).map(drop).unwrap_err().to_string(), expected);
    }
}
