//! Compensations that fail.

use std::sync::Arc;

use palisade::store::{Batch, Store};
use palisade::{Backoff, MemoryStore, Saga, SagaError, SagaState};

use super::world::{Fate, World};
use super::{Done, memory, record, space, three, told};
use crate::support::now;
use crate::support::time::{DAY, SECOND};

/// Three steps, the last of them failing, whose compensations are tried each hour.
fn hourly(world: &World, log: &Arc<MemoryStore>) -> Saga<Done> {
    three(world, log).backoff(Backoff::constant(DAY / 24)).build().expect("legal settings")
}

#[tokio::test(start_paused = true)]
async fn a_compensation_is_tried_again_until_it_succeeds() {
    let world = World::new().let_be("c", [Fate::Fails]).let_be("b/undo", [Fate::Fails, Fate::Panics, Fate::IsRejected]);
    let saga = three(&world, &memory()).build().unwrap();
    let began = now();
    assert_eq!(told(&saga.run("1", Done::default()).await.unwrap_err()), "c -cba !");
    assert_eq!(world.calls(), "a b c c/undo b/undo b/undo b/undo b/undo a/undo ");
    assert_eq!(began.elapsed(), 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_compensation_whose_time_is_over_is_left_and_the_next_runs() {
    for fate in [Fate::Fails, Fate::Hangs] {
        let world = World::new().let_be("c", [Fate::Fails]).let_be("b/undo", [fate; 100]);
        let saga = hourly(&world, &memory());
        let began = now();
        let failed = saga.run("1", Done::default()).await.unwrap_err();
        assert_eq!((told(&failed).as_str(), began.elapsed()), ("c -ca !b", DAY), "{fate:?}");
        let tries = world.calls().matches("b/undo").count();
        assert_eq!(tries, if fate == Fate::Hangs { 1 } else { 25 });
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_each_further_one_is_tried_once() {
    let world = World::new().let_be("c", [Fate::Fails]);
    let world = ["b/undo", "a/undo"].into_iter().fold(world, |world, undo| world.let_be(undo, [Fate::Fails; 100]));
    let saga = hourly(&world, &memory());
    assert_eq!(told(&saga.run("1", Done::default()).await.unwrap_err()), "c -c !ba");
    assert_eq!(world.calls().matches("a/undo").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stuck_saga_is_listed_and_goes_on_by_hand_alone() {
    let world = World::new().let_be("c", [Fate::Fails]).let_be("b/undo", [Fate::Fails; 25]);
    let log = memory();
    let saga = hourly(&world, &log);
    saga.run("1", Done::default()).await.unwrap_err();

    // Also in another process.
    for saga in [&saga, &hourly(&world, &log)] {
        assert_eq!(saga.resume().await.unwrap().stuck, 1);
        let sagas = saga.handle().sagas();
        let stuck = &sagas[0];
        assert_eq!((sagas.len(), stuck.id.as_str(), stuck.state), (1, "1", SagaState::Stuck));
        assert_eq!((stuck.step.as_deref(), &*stuck.uncompensated), (Some("c"), &["b".to_owned()][..]));
        assert!(stuck.error.as_deref().is_some_and(|error| error.contains("is down")), "{stuck:?}");
        assert_eq!(told(&saga.run("1", Done::default()).await.unwrap_err()), "c -ca !b");
    }
    let calls = world.calls();
    assert_eq!(told(&saga.retry("1").await.unwrap_err()), "c -cba !");
    assert_eq!(world.calls(), calls + "b/undo ");
    assert_eq!(saga.handle().sagas(), []);
    assert!(matches!(saga.retry("1").await, Err(SagaError::NotOpen)));
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_was_put_right_by_hand_is_forgotten() {
    let world = World::new().let_be("c", [Fate::Fails]).let_be("b/undo", [Fate::Fails; 25]);
    let log = memory();
    let saga = hourly(&world, &log);
    saga.run("1", Done::default()).await.unwrap_err();
    // Also in another process, which has not looked yet.
    let saga = hourly(&world, &log);
    assert!(saga.handle().forget("1").await.unwrap());
    assert_eq!((saga.handle().sagas(), saga.resume().await.unwrap().stuck), (Vec::new(), 0));
}

/// A saga that goes back in a log that says that it has done so since this time, in nanoseconds since 1970.
async fn going_back_since(since: u64, failures: usize) -> (World, Saga<Done>) {
    let world = World::new().let_be("c", [Fate::Fails]).let_be("b/undo", [Fate::Fails].repeat(failures + 1));
    let log = memory();
    let first = three(&world, &log).in_place().build().expect("legal settings");
    super::left_at("b/undo", &world, &first, "1").await;
    let mut bytes = record(&*log, "1").await.expect("it has not ended");
    bytes[10..18].copy_from_slice(&since.to_be_bytes());
    log.write(Batch::new().put(space(), "1", bytes)).await.expect("a memory does not fail");
    (world.clone(), hourly(&world, &log))
}

#[tokio::test(start_paused = true)]
async fn the_24_hours_go_on_while_no_process_runs() {
    let (world, saga) = going_back_since(1, 1).await;
    let resumed = saga.resume().await.unwrap();
    assert_eq!((resumed.undone, resumed.stuck), (0, 1), "{}", world.calls());
    assert_eq!(world.calls(), "a b c c/undo b/undo b/undo a/undo ", "each is tried once more");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_went_backwards_leaves_all_of_the_time() {
    let (world, saga) = going_back_since(u64::MAX / 2, 23).await;
    let began = now();
    assert_eq!(saga.resume().await.unwrap().undone, 1, "{}", world.calls());
    assert_eq!(began.elapsed(), DAY / 24 * 23);
}
