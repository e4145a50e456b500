//! What Prometheus itself says of a scrape. Skipped aloud where there is no `promtool`.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use palisade::Registry;
use tower::ServiceExt;

use super::{Export, HOSTILE, bulkhead, metrics, prometheus_client, stack};

/// What `promtool check metrics` has to say, each line once, or `None` where there is none.
fn verdict(scrape: &str) -> Option<BTreeSet<String>> {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match promtool.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: no promtool");
            return None;
        }
        spawned => spawned.unwrap(),
    };
    child.stdin.take().unwrap().write_all(scrape.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert_eq!(output.status.success(), said.is_empty(), "{}: {said}", output.status);
    Some(said.lines().map(str::to_owned).collect())
}

/// A registry that has counted, with names of all kinds.
async fn used() -> (Registry, impl Sized) {
    let registry = Registry::new();
    let layers = HOSTILE.map(|name| bulkhead(&registry, name));
    let stack = stack(&registry);
    stack.clone().oneshot(1).await.unwrap();
    (registry, (layers, stack))
}

#[tokio::test]
async fn promtool_accepts_a_scrape_without_a_word() {
    let (registry, _layers) = used().await;
    let scrape = prometheus_client::Seen::of(&registry).await.text().await;
    assert!(verdict(&scrape).is_none_or(|said| said.is_empty()), "{:?}\n{scrape}", verdict(&scrape));
}

/// A recorder takes no histogram whose calls were counted before.
#[tokio::test]
async fn promtool_finds_the_times_of_a_recorder_to_be_counters() {
    let (registry, _layers) = used().await;
    let scrape = metrics::Seen::of(&registry).await.text();
    let times = |part: &str, rule: &str| format!("palisade_call_duration_seconds_{part} {rule}");
    let rules = [
        times("bucket", "counter metrics should have \"_total\" suffix"),
        times("bucket", "non-histogram metrics should not have \"_bucket\" suffix"),
        times("bucket", "non-histogram metrics should not have \"le\" label"),
        times("count", "counter metrics should have \"_total\" suffix"),
        times("count", "non-histogram and non-summary metrics should not have \"_count\" suffix"),
        times("sum", "non-histogram and non-summary metrics should not have \"_sum\" suffix"),
    ];
    assert!(verdict(&scrape).is_none_or(|said| said == rules.into()), "{:?}\n{scrape}", verdict(&scrape));
}

/// So that a silent promtool says something.
#[test]
fn promtool_has_words_for_a_bad_scrape() {
    assert!(verdict("a_total{name=\"\n\"} 1\n").is_none_or(|said| !said.is_empty()));
}
