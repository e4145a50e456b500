//! A log that fails, at each of its writes.

use std::sync::Arc;

use palisade::{Backoff, SagaBuilder, SagaError, SagaState};

use super::world::{Fate, Faulty, World};
use super::{Done, three, told, with_a_group, with_a_pivot};
use crate::support::time::DAY;

type Plan = fn(&World, &Arc<Faulty>) -> SagaBuilder<Done>;

const PLANS: [(&str, Plan); 3] = [
    ("three", |world, log| three(world, log)),
    ("with a pivot", |world, log| with_a_pivot(world, log)),
    ("with a group", |world, log| with_a_group(world, log)),
];

/// The steps of all plans. One fails in turn, or none.
const FAILING: [&str; 8] = ["a", "b", "c", "p", "f", "r", "z", "none"];

#[tokio::test(start_paused = true)]
async fn where_the_first_write_fails_nothing_is_done() {
    let (world, log) = (World::new(), Faulty::new());
    let saga = three(&world, &log).build().unwrap();
    log.fail(0..1);
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    assert!(matches!(failed, SagaError::NotBegun(_)), "{failed}");
    assert_eq!((world.calls().as_str(), saga.handle().sagas().len()), ("", 0));
    saga.run("1", Done::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_not_written_is_compensated_and_stops_the_next() {
    for (write, calls, error) in [
        (1, "a a/undo ", "a -a !"),
        (2, "a b b/undo a/undo ", "b -ba !"),
        (3, "a b c c/undo b/undo a/undo ", "c -cba !"),
    ] {
        let (world, log) = (World::new(), Faulty::new());
        let saga = three(&world, &log).build().unwrap();
        log.fail(write..write + 1);
        let failed = saga.run("1", Done::default()).await.unwrap_err();
        assert_eq!((world.calls().as_str(), told(&failed).as_str()), (calls, error));
        assert!(failed.to_string().contains("the disk is full"), "{failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn that_it_goes_back_is_written_before_any_compensation() {
    let (world, log) = (World::new().let_be("b", [Fate::Fails]), Faulty::new());
    let saga = three(&world, &log).backoff(Backoff::constant(DAY / 24)).build().unwrap();
    log.fail(2..usize::MAX);
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    assert_eq!((world.calls().as_str(), told(&failed).as_str()), ("a b ", "b - !ba"));
    let sagas = saga.handle().sagas();
    assert_eq!((sagas.len(), sagas[0].state), (1, SagaState::Stuck));
    assert_eq!(sagas[0].error.as_deref(), Some("the store failed: the disk is full"));
    log.heal();
    saga.retry("1").await.unwrap();
    assert_eq!(world.calls(), "a b b c ", "it goes on from what the log has");
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_a_write_is_tried_again_and_nothing_is_undone() {
    let (world, log) = (World::new(), Faulty::new());
    let saga = with_a_pivot(&world, &log).build().unwrap();
    log.fail(2..10);
    assert_eq!(saga.run("1", Done::default()).await.unwrap().0.join(""), "apf");
    assert_eq!(world.calls(), "a p f ");
}

#[tokio::test(start_paused = true)]
async fn whichever_write_fails_all_is_done_or_all_is_undone() {
    for (name, plan) in PLANS {
        for step in FAILING {
            for write in 0.. {
                let (world, log) = (World::new().let_be(step, [Fate::Fails]), Faulty::new());
                let saga = plan(&world, &log).build().unwrap();
                log.fail(write..write + 1);
                let end = saga.run("1", Done::default()).await;
                let case = format!("{name}, {step} fails, and write {write}: {end:?}");
                let effects = world.effects();
                match &end {
                    Ok(done) => assert_eq!(effects.len(), done.0.len(), "{case}"),
                    Err(SagaError::NotBegun(_)) => assert_eq!((write, effects.len()), (0, 0), "{case}"),
                    // What may be done of the pivot cannot be undone.
                    Err(_) if world.calls().contains(" p ") => assert_eq!(effects, ["1/p"], "{case}"),
                    Err(_) => assert!(effects.is_empty(), "{case}, {effects:?}"),
                }
                assert_eq!(saga.handle().sagas(), [], "{case}");
                if write > 0 {
                    let calls = world.calls();
                    let again = saga.run("1", Done::default()).await;
                    assert_eq!(again.ok(), end.ok(), "{case}");
                    assert_eq!(world.calls(), calls, "{case}");
                }
                if log.writes() <= write {
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_stays_full_leaves_a_saga_that_is_listed() {
    for (name, plan) in PLANS {
        for step in FAILING {
            for write in 1.. {
                let (world, log) = (World::new().let_be(step, [Fate::Fails]), Faulty::new());
                let saga = plan(&world, &log).backoff(Backoff::constant(DAY / 24)).build().unwrap();
                log.fail(write..usize::MAX);
                let end = saga.run("1", Done::default()).await;
                if log.writes() <= write {
                    break;
                }
                let case = format!("{name}, {step} fails, and all writes from {write}: {end:?}");
                let sagas = saga.handle().sagas();
                assert!(sagas.len() == 1 && sagas[0].state == SagaState::Stuck, "{case}: {sagas:?}");
                log.heal();
                let end = saga.retry("1").await;
                let (effects, case) = (world.effects(), format!("{case}, and then {end:?}"));
                match &end {
                    Ok(done) => assert_eq!(effects.len(), done.0.len(), "{case}"),
                    Err(_) if world.calls().contains(" p ") => assert_eq!(effects, ["1/p"], "{case}"),
                    Err(_) => assert!(effects.is_empty(), "{case}, {effects:?}"),
                }
            }
        }
    }
}
