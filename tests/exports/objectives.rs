//! Burn rates and alerts of an objective, beside the same rules evaluated by Prometheus. Skipped aloud where there is no `promtool`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use palisade::objective::{BurnWindow, Severity};
use palisade::{IndicatorSnapshot, Objective, Outcome, Registry};
use tokio::time::advance;

use crate::support::readings::number;

const LIMIT: Duration = Duration::from_millis(200);
const BUCKET: Duration = Duration::from_secs(300);

/// For how many buckets of five minutes calls come, how many calls in each, and how many of these fail and are slow.
const TRAFFIC: [(usize, [u64; 3]); 12] = [
    (40, [1_003, 0, 7]),
    // An outage that pages, and then ends.
    (2, [997, 611, 31]),
    (30, [1_009, 1, 13]),
    // A fault that takes six hours to page.
    (90, [1_013, 9, 17]),
    (60, [1_019, 0, 3]),
    // One that only opens a ticket.
    (400, [1_021, 2, 11]),
    // Too slow, and then nearly all of it.
    (50, [1_503, 0, 351]),
    (5, [1_499, 0, 1_201]),
    // Few calls, and one of many fails: fewer than five an hour.
    (60, [3, 0, 0]),
    (9, [2, 1, 0]),
    (150, [7, 0, 0]),
    (100, [1_031, 0, 1]),
];

/// What was counted and shown at the end of each bucket, by the series that show it to Prometheus.
#[derive(Default)]
struct Series(BTreeMap<String, Vec<f64>>);

impl Series {
    fn push(&mut self, series: String, value: f64) {
        self.0.entry(series).or_default().push(value);
    }

    /// The metrics that the rules ask.
    fn metrics(&mut self, registry: &Registry) {
        let is_asked = |name: &str| name.ends_with("_total") || name.ends_with("_target") || name.ends_with("_seconds");
        for metric in registry.metrics().iter().filter(|metric| is_asked(metric.name)) {
            for sample in metric.samples.iter().filter(|_| metric.name.starts_with("palisade_objective")) {
                let labels = sample.labels.iter().map(|(label, value)| format!(",{label}=\"{value}\""));
                let labels = labels.collect::<String>();
                self.push(format!("{}{{job=\"shop\"{labels}}}", metric.name), number(&sample.value));
            }
        }
    }

    /// What the objective itself says.
    fn own(&mut self, seen: &IndicatorSnapshot) {
        let indicator = seen.indicator.as_str();
        for window in BurnWindow::ALL {
            let series = format!("own_burn_{}{{indicator=\"{indicator}\"}}", window.as_str());
            self.push(series, seen.burn(window));
        }
        for severity in Severity::ALL {
            let is_firing = seen.alerts.iter().any(|alert| alert.severity == severity && alert.is_firing);
            let series = format!("own_firing{{indicator=\"{indicator}\",severity=\"{}\"}}", severity.as_str());
            self.push(series, f64::from(u8::from(is_firing)));
        }
    }

    fn write(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (series, values)| {
            let values: Vec<_> = values.iter().map(f64::to_string).collect();
            writeln!(text, "      - series: '{series}'\n        values: {}", values.join(" ")).unwrap();
            text
        })
    }
}

/// Each sample that the two must agree on, as a query that finds those on which they do not.
fn differing() -> Vec<String> {
    let burns = BurnWindow::ALL.map(BurnWindow::as_str).map(|window| {
        let spent = format!("sum by (indicator) (job_name_indicator:palisade_objective_spent:rate{window}) * 2592000");
        format!("abs({spent} - own_burn_{window}) > 1e-9 * (1 + own_burn_{window})")
    });
    let firing = "sum by (indicator, severity) (ALERTS{alertstate=\"firing\",alertname=~\"PalisadeObjective.*\"})";
    let own = "sum by (indicator, severity) (own_firing == 1)";
    burns.into_iter().chain([format!("{firing} unless {own}"), format!("{own} unless {firing}")]).collect()
}

/// Asks these queries at the end of each bucket. None of them may find anything, and one other must.
fn test_file(series: &Series, buckets: usize) -> String {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dashboard/rules.yml");
    let mut text = format!("rule_files: [{}]\nevaluation_interval: 5m\ntests:\n  - interval: 5m\n", rules.display());
    write!(text, "    input_series:\n{}    promql_expr_test:\n", series.write()).unwrap();
    for minute in (1..=buckets).map(|bucket| 5 * bucket) {
        for query in differing() {
            writeln!(text, "      - expr: '{query}'\n        eval_time: {minute}m").unwrap();
        }
        let known = "count({__name__=~\"job_name_indicator:palisade_objective_spent:.*\"} >= 0)";
        writeln!(text, "      - expr: '{known}'\n        eval_time: {minute}m").unwrap();
        writeln!(text, "        exp_samples: [{{ labels: \"{{}}\", value: 14 }}]").unwrap();
    }
    text
}

/// What `promtool` says of a test file, or `None` where there is none.
fn verdict(text: &str, name: &str) -> Option<Result<(), String>> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, text).unwrap();
    match Command::new("promtool").args(["test", "rules"]).arg(&file).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: no promtool");
            None
        }
        output => {
            let output = output.unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Some(if output.status.success() { Ok(()) } else { Err(said) })
        }
    }
}

/// Calls that come evenly in a bucket, and one look at its last moment.
async fn bucket(objective: &Objective, [calls, bad, slow]: [u64; 3]) {
    let moment = Duration::from_nanos(1);
    let end = BUCKET.saturating_sub(moment);
    let calls_in_32_bits = u32::try_from(calls).unwrap();
    let pause = end / calls_in_32_bits;
    for call in 0..calls {
        let (outcome, took) = match call {
            call if call < bad => (Outcome::Failed, LIMIT),
            call if call < bad + slow => (Outcome::Success, LIMIT + moment),
            _ => (Outcome::Success, LIMIT),
        };
        objective.record(outcome, took);
        advance(pause).await;
    }
    advance(end.saturating_sub(pause * calls_in_32_bits)).await;
}

#[tokio::test(start_paused = true)]
async fn burn_rates_and_alerts_are_those_of_prometheus_at_each_step() {
    let registry = Registry::new();
    let objective = Objective::builder("checkout").availability(0.999).latency(0.98, LIMIT).registry(&registry);
    let objective = objective.build().unwrap();
    let (mut series, mut buckets, mut fired) = (Series::default(), 0, BTreeSet::new());
    series.metrics(&registry);
    [objective.availability(), objective.latency()].iter().flatten().for_each(|seen| series.own(seen));
    for (times, calls) in TRAFFIC {
        for _ in 0..times {
            bucket(&objective, calls).await;
            series.metrics(&registry);
            for seen in [objective.availability(), objective.latency()].iter().flatten() {
                series.own(seen);
                let firing = seen.alerts.iter().filter(|alert| alert.is_firing);
                fired.extend(firing.map(|alert| (seen.indicator, alert.severity)));
            }
            advance(Duration::from_nanos(1)).await;
            buckets += 1;
        }
    }
    assert_eq!(fired.len(), 6, "each severity of each indicator fired: {fired:?}");
    let text = test_file(&series, buckets);
    let said = verdict(&text, "objectives.yml");
    assert!(said.as_ref().is_none_or(Result::is_ok), "{said:?}");

    // What is wrong is found: one burn rate too high by a thousandth.
    let mut wrong = series;
    let burns = wrong.0.get_mut("own_burn_1h{indicator=\"availability\"}").unwrap();
    burns[42] *= 1.001;
    let said = verdict(&test_file(&wrong, 43), "wrong.yml");
    assert!(said.is_none_or(|said| said.is_err_and(|said| said.contains("own_burn_1h"))));
}
