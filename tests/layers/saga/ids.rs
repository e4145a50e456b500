//! What is known of an id.

use palisade::SagaError;
use tokio::task::yield_now;

use super::world::{Fate, World};
use super::{Done, memory, three, told};

#[tokio::test(start_paused = true)]
async fn an_id_that_is_known_gives_its_recorded_end() {
    let world = World::new().let_be("c", [Fate::Succeeds, Fate::Fails]);
    let log = memory();
    let saga = three(&world, &log).build().unwrap();
    let done = saga.run("good", Done::default()).await.unwrap();
    let failed = told(&saga.run("bad", Done::default()).await.unwrap_err());
    let calls = world.calls();

    // Also in another process.
    for saga in [saga, three(&world, &log).build().unwrap()] {
        assert_eq!(saga.run("good", Done::default()).await.unwrap(), done);
        let again = saga.run("bad", Done::default()).await.unwrap_err();
        assert_eq!(told(&again), failed);
        assert!(again.to_string().contains("c is down"), "{again}");
    }
    assert_eq!(world.calls(), calls, "nothing ran again");
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_id_at_once_are_one() {
    let world = World::new();
    let log = memory();
    let one = three(&world, &log).build().unwrap();
    let other = three(&world, &log).build().unwrap();
    for _ in 0..2 {
        let (first, second, third) =
            tokio::join!(one.run("1", Done::default()), one.run("1", Done::default()), other.run("1", Done::default()));
        let is_running = |end: &Result<Done, SagaError>| matches!(end, Err(SagaError::Running));
        let ends = [first, second, third];
        let running = ends.iter().filter(|end| is_running(end)).count();
        let done = ends.iter().filter(|end| end.is_ok()).count();
        assert_eq!(running + done, 3, "{ends:?}");
        assert!(done >= 1, "{ends:?}");
    }
    assert_eq!(world.calls(), "a b c ");
}

#[tokio::test(start_paused = true)]
async fn an_id_that_runs_is_running() {
    let world = World::new().let_be("b", [Fate::Waits]);
    let saga = three(&world, &memory()).build().unwrap();
    let first = tokio::spawn({
        let saga = saga.clone();
        async move { saga.run("1", Done::default()).await }
    });
    while !world.calls().contains('b') {
        yield_now().await;
    }
    assert!(matches!(saga.run("1", Done::default()).await, Err(SagaError::Running)));
    assert!(matches!(saga.retry("1").await, Err(SagaError::Running)));
    world.open();
    first.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_same_id_in_logs_apart_is_not_the_same_saga() {
    let world = World::new();
    for _ in 0..2 {
        three(&world, &memory()).build().unwrap().run("1", Done::default()).await.unwrap();
    }
    assert_eq!(world.calls(), "a b c a b c ");
}

#[tokio::test(start_paused = true)]
async fn an_id_is_1_to_256_bytes_long() {
    let world = World::new();
    let saga = three(&world, &memory()).build().unwrap();
    for id in [String::new(), "x".repeat(257)] {
        assert!(matches!(saga.run(id, Done::default()).await, Err(SagaError::NotBegun(_))));
    }
    for id in ["x".repeat(256), "a/b\0\u{1F980}".to_owned()] {
        saga.run(id, Done::default()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_last_ends_are_kept() {
    let world = World::new();
    let log = memory();
    let saga = three(&world, &log).keep_ended(2).build().unwrap();
    for id in ["1", "2", "3"] {
        saga.run(id, Done::default()).await.unwrap();
    }
    let calls = |world: &World| world.keys().len();
    assert_eq!(calls(&world), 9);

    // A new process finds them in the log.
    let saga = three(&world, &log).keep_ended(2).build().unwrap();
    saga.run("3", Done::default()).await.unwrap();
    saga.run("2", Done::default()).await.unwrap();
    assert_eq!(calls(&world), 9, "both are kept");
    saga.run("1", Done::default()).await.unwrap();
    assert_eq!(calls(&world), 12, "the first was forgotten");
    saga.run("3", Done::default()).await.unwrap();
    saga.run("2", Done::default()).await.unwrap();
    assert_eq!(calls(&world), 15, "the oldest made room");
    assert!(format!("{log:?}").contains("records: 2"), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn with_no_ends_kept_the_log_is_empty() {
    let world = World::new();
    let log = memory();
    let saga = three(&world, &log).keep_ended(0).build().unwrap();
    saga.run("1", Done::default()).await.unwrap();
    assert!(format!("{log:?}").contains("records: 0"), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_forgotten_runs_anew() {
    let world = World::new();
    let saga = three(&world, &memory()).build().unwrap();
    saga.run("1", Done::default()).await.unwrap();
    assert!(saga.handle().forget("1").await.unwrap());
    assert!(!saga.handle().forget("1").await.unwrap());
    saga.run("1", Done::default()).await.unwrap();
    assert_eq!(world.calls(), "a b c a b c ");
}

#[tokio::test(start_paused = true)]
async fn beyond_the_capacity_nothing_is_begun() {
    let world = World::new().let_be("a", [Fate::Waits]);
    let saga = three(&world, &memory()).capacity(1).build().unwrap();
    let first = tokio::spawn({
        let saga = saga.clone();
        async move { saga.run("1", Done::default()).await }
    });
    while world.calls().is_empty() {
        yield_now().await;
    }
    let full = saga.run("2", Done::default()).await.unwrap_err();
    assert_eq!(full.to_string(), "the saga has not begun: there is no room for another saga");
    assert!(!saga.handle().forget("1").await.unwrap(), "what runs is not forgotten");
    world.open();
    first.await.unwrap().unwrap();
    saga.run("2", Done::default()).await.unwrap();
}
