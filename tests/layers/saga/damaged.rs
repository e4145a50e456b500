//! Logs that cannot be used.

use std::sync::Arc;

use palisade::store::{Batch, Store};
use palisade::{MemoryStore, SagaError, SagaState};

use super::world::World;
use super::{Done, builder, memory, record, space, step, three, undo};

/// A log with a saga that is left at its second step.
async fn log_with_one(world: &World, id: &str) -> Arc<MemoryStore> {
    let log = memory();
    super::left_at("b", world, &three(world, &log).in_place().build().expect("legal steps"), id).await;
    log
}

#[tokio::test(start_paused = true)]
async fn a_saga_whose_definition_changed_is_stuck_until_it_is_back() {
    let world = World::new();
    let log = log_with_one(&world, "1").await;
    let add = |saga: palisade::SagaBuilder<Done>, name| saga.step(name, step(&world), undo(&world));
    for names in [&["a", "b"][..], &["a", "b", "c", "d"], &["a", "c", "b"], &["a", "b", "x"]] {
        let changed = names.iter().copied().fold(builder(&log), add).build().unwrap();
        assert_eq!(changed.resume().await.unwrap().stuck, 1, "{names:?}");
        let sagas = changed.handle().sagas();
        assert_eq!(
            (sagas[0].state, sagas[0].error.as_deref()),
            (SagaState::Stuck, Some("it is of other steps: a, b, c"))
        );
        for end in [changed.run("1", Done::default()).await, changed.retry("1").await] {
            assert!(matches!(end, Err(SagaError::Unreadable(_))), "{end:?}");
        }
    }
    assert_eq!(world.calls(), "a b ", "nothing ran");
    let saga = three(&world, &log).build().unwrap();
    assert_eq!(saga.resume().await.unwrap().done, 1);
}

#[tokio::test(start_paused = true)]
async fn steps_in_other_places_are_another_definition() {
    let world = World::new();
    let log = log_with_one(&world, "1").await;
    let in_parallel = builder(&log).in_parallel(
        |_, done| done,
        |group| group.step("a", step(&world), undo(&world)).step("b", step(&world), undo(&world)),
    );
    let in_parallel = in_parallel.step("c", step(&world), undo(&world)).build().unwrap();
    let builder = builder(&log).step("a", step(&world), undo(&world)).step("b", step(&world), undo(&world));
    let with_a_pivot = builder.pivot("c", step(&world)).build().unwrap();
    for changed in [in_parallel, with_a_pivot] {
        assert_eq!(changed.resume().await.unwrap().stuck, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_read_makes_that_saga_stuck_alone() {
    let world = World::new();
    let log = log_with_one(&world, "good").await;
    let bytes = record(&*log, "good").await.unwrap();
    let damaged: [(&[u8], &str); 5] = [
        (b"", "it is damaged"),
        (&bytes[..20], "it is damaged"),
        (&[&[2], &bytes[1..]].concat(), "it has version 2, and this one reads version 1"),
        (&[&bytes[..], b"\xff"].concat(), "its context cannot be read: invalid utf-8 sequence of 1 bytes from index 1"),
        (&[&bytes[..], b"panics"].concat(), "its context cannot be read: panicked: these bytes panic"),
    ];
    for (bytes, expected) in damaged {
        let log = log_with_one(&World::new(), "good").await;
        log.write(Batch::new().put(space(), "bad", bytes)).await.unwrap();
        let saga = three(&world, &log).build().unwrap();
        let resumed = saga.resume().await.unwrap();
        assert_eq!((resumed.done, resumed.stuck), (1, 1));
        let sagas = saga.handle().sagas();
        assert_eq!((sagas.len(), sagas[0].id.as_str(), sagas[0].error.as_deref()), (1, "bad", Some(expected)));
        assert_eq!(record(&*log, "bad").await.as_deref(), Some(bytes), "it is left as it is");
        assert!(saga.handle().forget("bad").await.unwrap());
        saga.run("bad", Done::default()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn no_byte_of_a_record_makes_a_start_fail() {
    let world = World::new();
    let log = log_with_one(&world, "1").await;
    let whole = record(&*log, "1").await.unwrap();
    for at in 0..whole.len() {
        for byte in [0, 1, 7, 8, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            for bytes in [bytes, whole[..at].to_vec()] {
                log.write(Batch::new().put(space(), "1", bytes)).await.unwrap();
                let saga = three(&World::new(), &log).build().unwrap();
                let resumed = saga.resume().await.unwrap();
                assert_eq!(resumed.done + resumed.undone + resumed.stuck, 1, "byte {at} is {byte}");
                saga.handle().forget("1").await.unwrap();
            }
        }
    }
}
