//! What measures show: times that stay when a measure goes.

use palisade::registry::Histogram;

use super::*;

const TIMES: &str = "palisade_call_duration_seconds";

fn times(registry: &Registry, outcome: &str) -> Histogram {
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| metric.name == TIMES).expect("it is in the table");
    let found = metric.samples.iter().find(|sample| sample.labels == [("name", "seen"), ("outcome", outcome)]);
    let Some(Reading::Histogram(times)) = found.map(|sample| sample.value.clone()) else { panic!("no times") };
    times
}

#[tokio::test(start_paused = true)]
async fn a_measure_shows_how_long_calls_took_by_how_they_ended() {
    let registry = Registry::new();
    let layer = MeasureLayer::builder("seen").registry(&registry).build().unwrap();
    let measure = layer.handle();
    for took in [SECOND, 2 * SECOND] {
        let call = measure.begin();
        advance(took).await;
        call.settle(Outcome::Success);
    }
    let _in_flight = measure.begin();
    let answered = times(&registry, "success");
    assert_eq!((answered.count(), answered.sum), (2, 3 * SECOND));
    let within = |limit: Duration| answered.buckets.iter().find(|bucket| bucket.le >= Some(limit)).unwrap().count;
    assert_eq!([SECOND / 2, SECOND, 2 * SECOND].map(within), [0, 1, 2]);
    assert_eq!(times(&registry, "failure").count(), 0);
    assert_eq!(value(&registry, "palisade_calls_in_flight", "seen", &[]), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn the_times_of_a_measure_stay_when_it_goes() {
    let registry = Registry::new();
    for round in 1..=3 {
        let layer = MeasureLayer::builder("seen").registry(&registry).build().unwrap();
        let call = layer.handle().begin();
        advance(SECOND).await;
        call.settle(Outcome::Success);
        drop(layer);
        let all = times(&registry, "success");
        assert_eq!((all.count(), all.sum), (round, SECOND * u32::try_from(round).unwrap()));
    }
    assert_eq!(value(&registry, "palisade_calls_in_flight", "seen", &[]), None);
}

#[test]
fn calls_of_all_keys_and_of_those_without_room_are_added_up() {
    let registry = Registry::new();
    let layer = MeasureLayer::builder("seen").registry(&registry).per_key(|key: &u32| *key).capacity(1);
    let layer = layer.build().unwrap();
    for key in 0..4 {
        layer.layer(up()).oneshot(key).now_or_never().unwrap().unwrap();
    }
    assert_eq!(times(&registry, "success").count(), 4);
    let _others = layer.handle().others().unwrap().begin();
    assert_eq!(value(&registry, "palisade_calls_in_flight", "seen", &[]), Some(1.0));
}

#[test]
fn a_histogram_shows_the_traces_that_stand_for_others() {
    let registry = Registry::new();
    let layer = MeasureLayer::builder("seen").registry(&registry).exemplar(|n: &u32| Some(u128::from(*n)));
    let layer = layer.build().unwrap();
    layer.layer(up()).oneshot(7).now_or_never().unwrap().unwrap();
    let traces: Vec<_> = times(&registry, "success").exemplars.iter().map(|exemplar| exemplar.trace).collect();
    assert_eq!(traces, [7]);
}

#[tokio::test(start_paused = true)]
async fn of_several_measures_there_is_one_trace_for_each_bucket() {
    let registry = Registry::new();
    let build = || MeasureLayer::builder("seen").registry(&registry).exemplar(|n: &u32| Some(u128::from(*n)));
    let layers = [build().build().unwrap(), build().build().unwrap()];
    for (request, layer) in (1..).zip(&layers) {
        layer.layer(up()).oneshot(request).await.unwrap();
    }
    assert_eq!(times(&registry, "success").exemplars.len(), 1, "all took no time");
}

/// What has no room counts under the name of the layer.
#[tokio::test(start_paused = true)]
async fn each_name_that_a_request_gives_has_times_of_its_own() {
    let registry = Registry::new();
    let names =
        [Name::new("seen").unwrap(), Name::new("written \"twice\"".to_owned()).unwrap(), Name::new("no room").unwrap()];
    let layer = MeasureLayer::builder("orders").by(move |request: &u32| names[*request as usize]);
    let layer = layer.capacity(2).registry(&registry).build().unwrap();
    for request in [0, 1, 1, 2] {
        layer.layer(up()).oneshot(request).await.unwrap();
    }
    let _in_flight = layer.handle().get(&names[0]).unwrap().begin();
    let counted = |name| value(&registry, TIMES, name, &["success"]);
    assert_eq!(
        ["seen", "written \"twice\"", "orders", "no room"].map(counted),
        [Some(1.0), Some(2.0), Some(1.0), None]
    );
    let in_flight = |name| value(&registry, "palisade_calls_in_flight", name, &[]);
    assert_eq!(["seen", "orders"].map(in_flight), [Some(1.0), Some(0.0)]);
    drop(layer);
    assert_eq!(counted("seen"), Some(1.0), "what it counted stays");
}
