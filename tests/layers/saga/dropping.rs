//! Futures that are dropped.

use std::sync::Arc;
use std::task::Poll;

use palisade::saga::Resumed;
use palisade::test_util::drop_after;
use palisade::{Backoff, SagaBuilder, SagaError, SagaState, StoreError};
use tokio::task::yield_now;
use tokio_test::task::spawn;

use super::world::{Fate, Faulty, World};
use super::{Done, memory, three, with_a_group, with_a_pivot};

#[tokio::test(start_paused = true)]
async fn dropping_the_future_stops_the_waiting_only() {
    let world = World::new();
    let saga = three(&world, &memory()).build().unwrap();
    let mut run = spawn(saga.run("1", Done::default()));
    assert!(run.poll().is_pending());
    drop(run);
    while saga.run("1", Done::default()).await.is_err() {
        yield_now().await;
    }
    assert_eq!(world.calls(), "a b c ");
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_never_polled_begins_nothing() {
    let world = World::new();
    let saga = three(&world, &memory()).build().unwrap();
    drop(saga.run("1", Done::default()));
    assert!(!saga.handle().forget("1").await.unwrap());
    assert_eq!(world.calls(), "");
}

#[tokio::test(start_paused = true)]
async fn in_place_dropping_stops_it_and_resume_goes_on() {
    let world = World::new();
    let saga = three(&world, &memory()).in_place().build().unwrap();
    super::left_at("b", &world, &saga, "1").await;
    for _ in 0..100 {
        yield_now().await;
    }
    assert_eq!(world.calls(), "a b ");
    let sagas = saga.handle().sagas();
    assert_eq!((sagas[0].id.as_str(), sagas[0].state, sagas[0].step.as_deref()), ("1", SagaState::Unowned, Some("b")));
    assert!(matches!(saga.run("1", Done::default()).await, Err(SagaError::Running)));

    let resumed = saga.resume().await.unwrap();
    assert_eq!((resumed.done, resumed.undone, resumed.stuck), (1, 0, 0));
    assert_eq!(world.calls(), "a b b c ", "the step whose end is unknown is done again");
    assert_eq!((saga.handle().sagas(), saga.resume().await.unwrap()), (Vec::new(), Resumed::default()));
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_end_is_unknown_is_compensated_where_that_is_set() {
    let world = World::new();
    let saga = three(&world, &memory()).in_place().compensate_unknown().build().unwrap();
    super::left_at("b", &world, &saga, "1").await;
    assert_eq!(saga.resume().await.unwrap().undone, 1);
    assert_eq!(world.calls(), "a b b/undo a/undo ");
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    assert!(failed.to_string().starts_with("step `b` failed: the service failed: its end is unknown"), "{failed}");
}

type Plan = fn(&World, &Arc<Faulty>) -> SagaBuilder<Done>;

/// Drops a saga after each number of polls, and resumes it. In the end all is done or all is undone.
async fn dropped_at_every_poll(plan: Plan, failing: &'static str) {
    for polls in 0.. {
        let (world, log) = (World::new().let_be(failing, [Fate::Fails]), Faulty::new());
        let saga = plan(&world, &log).in_place().backoff(Backoff::none()).build().expect("legal steps");
        if drop_after(polls, saga.run("1", Done::default())).await.is_some() {
            return;
        }
        let case = format!("{failing} fails, dropped after {polls} polls");
        let open = saga.handle().sagas();
        assert!(open.iter().all(|saga| saga.state == SagaState::Unowned), "{case}: {open:?}");

        // The same process or another one.
        let saga = if polls % 2 == 0 {
            saga
        } else {
            plan(&world, &log).backoff(Backoff::none()).build().expect("legal steps")
        };
        let resumed = saga.resume().await.expect("the log is well");
        assert_eq!(resumed.stuck, 0, "{case}");
        assert_eq!(saga.handle().sagas(), [], "{case}");
        let calls = world.calls();
        let end = saga.run("1", Done::default()).await;
        if resumed != Resumed::default() {
            assert_eq!(world.calls(), calls, "{case}: it has ended");
        }
        let effects = world.effects();
        match end {
            Ok(done) => assert_eq!(effects.len(), done.0.len(), "{case}: {}", world.calls()),
            Err(_) => assert!(effects.is_empty(), "{case}: {effects:?}, {}", world.calls()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_poll_three_steps_are_done_or_undone() {
    for failing in ["none", "a", "b", "c", "a/undo", "b/undo"] {
        dropped_at_every_poll(three, failing).await;
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_poll_a_group_is_done_or_undone() {
    for failing in ["none", "l", "r", "z"] {
        dropped_at_every_poll(with_a_group, failing).await;
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_poll_what_is_after_the_pivot_is_done() {
    for failing in ["none", "a", "f"] {
        dropped_at_every_poll(with_a_pivot, failing).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_compensation_that_was_dropped_runs_again_with_the_same_key() {
    let world = World::new().let_be("c", [Fate::Fails]);
    let saga = three(&world, &memory()).in_place().build().unwrap();
    super::left_at("b/undo", &world, &saga, "1").await;
    saga.resume().await.unwrap();
    assert_eq!(world.calls(), "a b c c/undo b/undo b/undo a/undo ");
}

#[tokio::test]
async fn outside_a_runtime_nothing_is_begun() {
    let (world, log) = (World::new().let_be("b", [Fate::Fails]), memory());
    let saga = three(&world, &log).build().unwrap();
    let before = World::new();
    super::left_at("b", &before, &three(&before, &log).in_place().build().unwrap(), "left").await;
    let outside = saga.clone();
    let refused = move || {
        let run = spawn(outside.run("1", Done::default())).poll().map(|end| end.unwrap_err());
        let retry = spawn(outside.retry("left")).poll().map(|end| end.unwrap_err());
        let resume = spawn(outside.resume()).poll().map(|end| end.unwrap_err());
        assert!(matches!(run, Poll::Ready(SagaError::NotBegun(_))), "{run:?}");
        assert!(matches!(retry, Poll::Ready(SagaError::NotBegun(_))), "{retry:?}");
        assert!(matches!(resume, Poll::Ready(StoreError::Failed { .. })), "{resume:?}");
    };
    std::thread::spawn(refused).join().unwrap();
    assert_eq!((world.calls().as_str(), saga.handle().sagas()), ("", Vec::new()));
    assert!(
        matches!(saga.run("1", Done::default()).await, Err(SagaError::Failed { .. })),
        "it begins where there is one"
    );
}
