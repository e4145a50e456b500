//! What steps and compensations are given.

use palisade::SagaError;

use super::world::{Fate, World};
use super::{Done, memory, step, three, told, undo};

#[tokio::test(start_paused = true)]
async fn a_key_is_the_id_and_the_step_and_undo() {
    let world = World::new().let_be("b", [Fate::Fails]);
    let saga = three(&world, &memory()).build().unwrap();
    saga.run("order-17", Done::default()).await.unwrap_err();
    assert_eq!(world.keys(), ["order-17/a", "order-17/b", "order-17/b/undo", "order-17/a/undo"]);
}

#[tokio::test(start_paused = true)]
async fn changes_of_a_failed_step_are_thrown_away() {
    let world = World::new();
    let fails = |mut done: Done, _| async move {
        done.0.push("changed".to_owned());
        Err::<Done, _>(palisade::Error::Service(format!("{done:?}").into()))
    };
    let saga = super::builder(&memory());
    let saga = saga.step("a", step(&world), undo(&world)).step("b", fails, undo(&world)).build().unwrap();
    saga.run("1", Done::default()).await.unwrap_err();
    let contexts = world.contexts();
    assert_eq!(world.calls(), "a b/undo a/undo ");
    assert!(contexts[1..].iter().all(|done| done.0 == ["a"]), "{contexts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_context_that_cannot_be_written_fails_its_step() {
    let world = World::new();
    let spoils = |_, _| async { Ok::<_, palisade::Error>(Done(vec!["cannot be written".to_owned()])) };
    let saga = super::builder(&memory());
    let saga = saga.step("a", step(&world), undo(&world)).step("b", spoils, undo(&world)).build().unwrap();
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    assert_eq!(told(&failed), "b -ba !");
    assert!(failed.to_string().contains("no bytes"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_first_context_that_cannot_be_written_begins_nothing() {
    let world = World::new();
    let saga = three(&world, &memory()).build().unwrap();
    let failed = saga.run("1", Done(vec!["cannot be written".to_owned()])).await.unwrap_err();
    assert!(matches!(failed, SagaError::NotBegun(_)), "{failed}");
    assert_eq!((world.calls().as_str(), saga.handle().sagas().len()), ("", 0));
}

#[tokio::test(start_paused = true)]
async fn a_merge_that_panics_fails_its_step() {
    let world = World::new();
    let merge = |_: Done, _: Done| -> Done { panic!("never merged") };
    let saga = super::builder(&memory());
    let saga = saga.in_parallel(merge, |group| group.step("l", step(&world), undo(&world))).build().unwrap();
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    assert_eq!((told(&failed).as_str(), world.calls().as_str()), ("l -l !", "l l/undo "));
}

#[tokio::test(start_paused = true)]
async fn no_deadline_of_the_caller_is_around_steps() {
    for in_place in [false, true] {
        let look = |done: Done, _| async move {
            assert!(palisade::Deadline::current().is_none());
            Ok::<_, palisade::Error>(done)
        };
        let nothing = |_: Done, _| async { Ok::<_, palisade::Error>(()) };
        let saga = super::builder(&memory()).step("a", look, nothing);
        let saga = if in_place { saga.in_place() } else { saga }.build().unwrap();
        let deadline = palisade::Deadline::after(crate::support::time::SECOND);
        deadline.scope(saga.run("1", Done::default())).await.unwrap();
    }
}
