//! What becomes of a histogram.

use std::time::Duration;

use crate::registry::metrics::Metric;
use crate::registry::reading::{Bucket, Histogram, Reading};
use crate::registry::sample::{MetricKind, Sample};

/// Two calls of at most a second, and one that took longer.
fn times() -> Reading {
    let bucket = |le, count| Bucket { le, count };
    let buckets =
        vec![bucket(Some(Duration::from_nanos(1024)), 0), bucket(Some(Duration::from_secs(1)), 2), bucket(None, 3)];
    Reading::Histogram(Histogram { buckets, sum: Duration::from_millis(2500), exemplars: Vec::new() })
}

fn metric() -> Metric {
    let samples = vec![Sample { labels: vec![("name", "seen"), ("outcome", "success")], value: times() }];
    Metric { name: "palisade_call_duration_seconds", help: "Times.", kind: MetricKind::Histogram, samples }
}

#[cfg(feature = "prometheus-client")]
#[test]
fn in_a_scrape_it_is_a_histogram() {
    use std::fmt;

    use prometheus_client::collector::Collector;
    use prometheus_client::encoding::{DescriptorEncoder, prometheus_text};
    use prometheus_client::registry::Registry;

    use super::prometheus_client::encode;

    #[derive(Debug)]
    struct Times;

    impl Collector for Times {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            encode(&metric(), &mut encoder)
        }
    }

    let (mut registry, mut scrape) = (Registry::default(), String::new());
    registry.register_collector(Box::new(Times));
    prometheus_text::encode(&mut scrape, &registry).expect("a string takes all");
    let expected = "\
# HELP palisade_call_duration_seconds Times.
# TYPE palisade_call_duration_seconds histogram
palisade_call_duration_seconds_bucket{name=\"seen\",outcome=\"success\",le=\"1.024e-06\"} 0
palisade_call_duration_seconds_bucket{name=\"seen\",outcome=\"success\",le=\"1\"} 2
palisade_call_duration_seconds_bucket{name=\"seen\",outcome=\"success\",le=\"+Inf\"} 3
palisade_call_duration_seconds_sum{name=\"seen\",outcome=\"success\"} 2.5
palisade_call_duration_seconds_count{name=\"seen\",outcome=\"success\"} 3
";
    assert_eq!(scrape, expected);
}

#[cfg(feature = "metrics")]
#[test]
fn for_a_recorder_it_is_counters_and_a_sum() {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::metrics::export;

    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || export(&metric()));
    let text = recorder.handle().render();
    let mut samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    samples.sort_unstable();
    let expected = [
        "palisade_call_duration_seconds_bucket{name=\"seen\",outcome=\"success\",le=\"+Inf\"} 3",
        "palisade_call_duration_seconds_bucket{name=\"seen\",outcome=\"success\",le=\"0.000001024\"} 0",
        "palisade_call_duration_seconds_bucket{name=\"seen\",outcome=\"success\",le=\"1\"} 2",
        "palisade_call_duration_seconds_count{name=\"seen\",outcome=\"success\"} 3",
        "palisade_call_duration_seconds_sum{name=\"seen\",outcome=\"success\"} 2.5",
    ];
    assert_eq!(samples, expected);
}

#[cfg(feature = "opentelemetry")]
#[test]
fn for_a_meter_it_is_counters() {
    use super::opentelemetry::{buckets, calls, seconds};

    let les = ["0.000001024", "1", "+Inf"].map(|le| Some(le.to_owned()));
    assert_eq!(buckets(&times()), [0, 2, 3].into_iter().zip(les).collect::<Vec<_>>());
    assert_eq!((calls(&times()), seconds(&times())), (vec![(3, None)], vec![(2.5, None)]));
}
