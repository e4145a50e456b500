//! What is told and counted.

use std::time::{Duration, UNIX_EPOCH};

use palisade::test_util::EventLog;
use palisade::{Registry, SagaState};

use super::world::{Fate, World};
use super::{Done, memory, three};
use crate::support::readings::number;
use crate::support::time::SECOND;

#[tokio::test(start_paused = true)]
async fn what_becomes_of_a_saga_is_told() {
    let events = EventLog::of_thread();
    let world = World::new().let_be("c", [Fate::Fails; 2]).let_be("b/undo", [Fate::Succeeds, Fate::Fails, Fate::Fails]);
    let saga = three(&world, &memory()).give_up_after(SECOND).build().unwrap();
    saga.run("good\n", Done::default()).await.unwrap_err();
    saga.run("2", Done::default()).await.unwrap_err();
    saga.retry("2").await.unwrap_err();

    let told = events.of("palisade::saga").into_iter().map(|event| {
        let fields = ["name", "saga", "step", "by_hand", "error"].map(|field| event.field(field).to_owned());
        (event.level, event.field("message").to_owned(), fields.join(" "))
    });
    let told: Vec<_> =
        told.map(|(level, message, fields)| format!("{level} {message}: {}", fields.trim_end())).collect();
    assert_eq!(
        told,
        [
            "DEBUG step failed: order good\\n c  the service failed: c is down",
            "DEBUG saga undone: order good\\n",
            "DEBUG step failed: order 2 c  the service failed: c is down",
            "WARN saga stuck: order 2 c  b/undo is down",
            "INFO saga resumed: order 2  true",
            "DEBUG saga undone: order 2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeline_has_stuck_sagas_and_those_that_go_on_by_hand() {
    let registry = Registry::new();
    let world = World::new().let_be("c", [Fate::Fails]).let_be("b/undo", [Fate::Fails]);
    let saga = three(&world, &memory()).give_up_after(Duration::ZERO).registry(&registry);
    let saga = saga.build().unwrap();
    saga.run("1", Done::default()).await.unwrap_err();
    saga.retry("1").await.unwrap_err();
    let now = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(100 * 365 * 86_400);
    let timeline = registry.timeline(UNIX_EPOCH, now);
    let words: Vec<_> = timeline.happenings.iter().map(|happening| happening.what.to_string()).collect();
    assert_eq!(words, ["saga 1 stuck at c (b/undo is down)", "saga 1 resumed"]);
}

#[tokio::test(start_paused = true)]
async fn sagas_are_counted_and_those_that_have_not_ended_are_a_gauge() {
    let registry = Registry::new();
    let world = World::new().let_be("c", [Fate::Succeeds, Fate::Fails, Fate::Fails]);
    let world = world.let_be("b/undo", [Fate::Succeeds, Fate::Fails, Fate::Succeeds]);
    let saga = three(&world, &memory()).give_up_after(Duration::ZERO).registry(&registry);
    let saga = saga.build().unwrap();
    let values = || -> Vec<_> {
        let of_sagas = registry.metrics().into_iter().filter(|metric| metric.name.starts_with("palisade_saga_"));
        let samples = of_sagas.flat_map(|metric| metric.samples.into_iter().map(move |sample| (metric.name, sample)));
        let shown = samples.filter(|(_, sample)| number(&sample.value) > 0.0).map(|(name, sample)| {
            let label = sample.labels.get(1).map_or("", |(_, value)| value);
            format!("{name} {label} {}", number(&sample.value)).replace("palisade_saga_", "")
        });
        shown.collect()
    };
    for id in ["1", "2", "3"] {
        drop(saga.run(id, Done::default()).await);
    }
    assert_eq!(
        values(),
        [
            "open stuck 1",
            "begun_total  3",
            "ended_total done 1",
            "ended_total undone 1",
            "ended_total stuck 1",
            "failed_steps_total  2",
            "failed_compensations_total  1"
        ]
    );
    saga.retry("3").await.unwrap_err();
    assert_eq!(values()[1..3], ["ended_total done 1", "ended_total undone 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_compensation_that_fails_is_seen_while_it_is_tried_again() {
    let world = World::new().let_be("c", [Fate::Fails]).let_be("b/undo", [Fate::Fails; 3]);
    let saga = three(&world, &memory()).in_place().build().unwrap();
    let mut run = tokio_test::task::spawn(saga.run("1", Done::default()));
    while !world.calls().ends_with("b/undo b/undo ") {
        assert!(run.poll().is_pending());
        tokio::time::sleep(SECOND / 4).await;
    }
    let sagas = saga.handle().sagas();
    let seen = &sagas[0];
    assert_eq!((seen.state, seen.step.as_deref()), (SagaState::Compensating, Some("b")));
    assert_eq!(
        (seen.error.as_deref(), &*seen.uncompensated),
        (Some("b/undo is down"), &["b".to_owned(), "a".to_owned()][..])
    );
    assert!(seen.since > UNIX_EPOCH + Duration::from_secs(1_600_000_000));
}
