//! One owner at a time.

use palisade::SagaState;
use palisade::saga::Resumed;
use std::collections::BTreeMap;
use tokio::task::{JoinSet, yield_now};

use super::world::{Fate, Faulty, World};
use super::{Done, memory, three};

#[tokio::test(start_paused = true)]
async fn resume_takes_no_saga_that_somebody_runs() {
    for in_place in [false, true] {
        let world = World::new().let_be("b", [Fate::Waits]);
        let log = memory();
        let saga = three(&world, &log);
        let saga = if in_place { saga.in_place() } else { saga }.build().unwrap();
        let other = three(&world, &log).build().unwrap();
        let run = tokio::spawn({
            let saga = saga.clone();
            async move { saga.run("1", Done::default()).await }
        });
        while !world.calls().contains('b') {
            yield_now().await;
        }
        for resumer in [&saga, &other] {
            assert_eq!(resumer.resume().await.unwrap(), Resumed::default(), "in place: {in_place}");
        }
        let sagas = saga.handle().sagas();
        assert_eq!((sagas.len(), sagas[0].state), (1, SagaState::Running));
        world.open();
        run.await.unwrap().unwrap();
        assert_eq!(world.calls(), "a b c ", "in place: {in_place}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_who_resume_at_once_share_what_there_is() {
    let world = World::new();
    let log = memory();
    let saga = three(&world, &log).in_place().build().unwrap();
    for id in ["1", "2", "3"] {
        super::left_at("b", &world, &saga, id).await;
    }
    let other = three(&world, &log).build().unwrap();
    let (one, two) = tokio::join!(saga.resume(), other.resume());
    assert_eq!(one.unwrap().done + two.unwrap().done, 3);
    let twice = world.keys().iter().filter(|key| key.ends_with('c')).count();
    assert_eq!(twice, 3, "none was run twice");
}

#[tokio::test(start_paused = true)]
async fn resume_takes_no_saga_that_ended_since_it_read_the_log() {
    let (world, log) = (World::new(), Faulty::new());
    let saga = three(&world, &log).in_place().build().unwrap();
    super::left_at("b", &world, &saga, "1").await;

    let gate = log.hold_pages();
    let mut resume = tokio_test::task::spawn(saga.resume());
    assert!(resume.poll().is_pending(), "it has read the log");
    saga.retry("1").await.unwrap();
    gate.add_permits(10);
    let calls = world.calls();
    assert_eq!(resume.await.unwrap(), Resumed::default());
    assert_eq!((world.calls(), saga.handle().sagas()), (calls, Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_run_and_resume_one_id_run_each_step_once() {
    let world = World::new();
    let log = memory();
    let mut tasks = JoinSet::new();
    for id in 0..50 {
        for caller in 0..6 {
            let saga = three(&world, &log).build().unwrap();
            tasks.spawn(async move {
                if caller == 0 {
                    saga.resume().await.unwrap();
                }
                drop(saga.run(id.to_string(), Done::default()).await);
            });
        }
    }
    tasks.join_all().await;
    // A saga that nobody waits for any more may still run.
    let mut counts = BTreeMap::new();
    while counts.len() < 150 {
        yield_now().await;
        counts = BTreeMap::new();
        for key in world.keys() {
            *counts.entry(key).or_insert(0) += 1;
        }
    }
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_abort_and_resume_sagas_leave_none_half_way() {
    let (world, log) = (World::new(), memory());
    // Every third saga fails at its last step.
    let fates = (0..300).map(|number| if number % 3 == 0 { Fate::Fails } else { Fate::Succeeds });
    let world = world.let_be("c", fates);
    let build = || three(&world, &log).in_place().backoff(palisade::Backoff::none()).build().unwrap();
    let saga = build();
    let mut tasks = Vec::new();
    for round in 0..20 {
        for id in 0..20 {
            let saga = saga.clone();
            tasks.push(tokio::spawn(async move { drop(saga.run(id.to_string(), Done::default()).await) }));
            if id % 5 == round % 5 {
                let saga = build();
                tasks.push(tokio::spawn(async move { drop(saga.resume().await) }));
            }
        }
        yield_now().await;
        for task in tasks.iter().skip(round % 3).step_by(3) {
            task.abort();
        }
    }
    for task in tasks {
        drop(task.await);
    }
    saga.resume().await.unwrap();
    assert_eq!(saga.handle().sagas(), []);
    for id in 0..20 {
        let end = saga.run(id.to_string(), Done::default()).await;
        let made = world.effects().iter().filter(|key| key.starts_with(&format!("{id}/"))).count();
        assert_eq!(made, if end.is_ok() { 3 } else { 0 }, "{id}: {end:?}");
    }
}
