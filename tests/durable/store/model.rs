//! Both stores against a map, with everything at random.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::future::join_all;
use palisade::store::{Batch, Change, MemoryStore, RedbStore, Store};
use proptest::collection::vec;
use proptest::prelude::*;

use super::space;
use crate::folder::Folder;

const SPACES: [&str; 2] = ["a", "aa"];

#[derive(Clone, Debug)]
enum Step {
    /// Batches that wait at the same time, in this order.
    Write(Vec<Batch>),
    Read(usize, Vec<u8>),
    Scan(usize, Option<Vec<u8>>, usize),
    /// Closes and opens, where there is a file.
    Reopen,
}

fn keys() -> impl Strategy<Value = Vec<u8>> {
    vec(0..3u8, 0..3)
}

fn batches() -> impl Strategy<Value = Batch> {
    let change = (0..SPACES.len(), keys(), proptest::option::of(0..5000usize));
    vec(change, 0..5).prop_map(|changes| {
        changes.into_iter().fold(Batch::new(), |batch, (at, key, value)| match value {
            Some(length) => batch.put(space(SPACES[at]), key, vec![length.to_le_bytes()[0]; length]),
            None => batch.remove(space(SPACES[at]), key),
        })
    })
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => vec(batches(), 0..4).prop_map(Step::Write),
        2 => (0..SPACES.len(), keys()).prop_map(|(at, key)| Step::Read(at, key)),
        2 => (0..SPACES.len(), proptest::option::of(keys()), prop_oneof![0..4usize, Just(usize::MAX)])
            .prop_map(|(at, after, limit)| Step::Scan(at, after, limit)),
        1 => Just(Step::Reopen),
    ]
}

/// The naive model: all that is there, by space and key.
type Model = BTreeMap<(&'static str, Vec<u8>), Vec<u8>>;

fn apply(model: &mut Model, batch: Batch) {
    for change in batch {
        match change {
            Change::Put(space, key, value) => drop(model.insert((space.name().as_str(), key), value)),
            Change::Remove(space, key) => drop(model.remove(&(space.name().as_str(), key))),
            other => panic!("{other:?}"),
        }
    }
}

async fn check(mut store: Box<dyn Store>, file: Option<&Path>, steps: Vec<Step>) {
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Write(batches) => {
                let written = join_all(batches.iter().map(|batch| store.write(batch.clone()))).await;
                assert!(written.iter().all(Result::is_ok));
                for batch in batches {
                    apply(&mut model, batch);
                }
            }
            Step::Read(at, key) => {
                let value = store.read(space(SPACES[at]), &key).await.unwrap();
                assert_eq!(value.as_ref(), model.get(&(SPACES[at], key)));
            }
            Step::Scan(at, after, limit) => {
                let found = store.scan(space(SPACES[at]), after.as_deref(), limit).await.unwrap();
                let there = model.iter().filter(|((name, key), _)| *name == SPACES[at] && Some(key) > after.as_ref());
                assert!(
                    found
                        .iter()
                        .map(|(key, value)| (key, value))
                        .eq(there.map(|((_, key), value)| (key, value)).take(limit))
                );
            }
            Step::Reopen => {
                if let Some(file) = file {
                    drop(std::mem::replace(&mut store, Box::new(MemoryStore::new())));
                    store = Box::new(RedbStore::open(file).await.unwrap());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_are_as_a_map(steps in vec(steps(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(Box::new(MemoryStore::new()), None, steps.clone()));
        let folder = Folder::of("model");
        let file = folder.file("file.redb");
        runtime.block_on(async { check(Box::new(RedbStore::open(&file).await.unwrap()), Some(&file), steps).await });
    }
}
