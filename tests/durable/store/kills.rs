//! A child writes batches, up to sixteen at once, and tells the number of each one that was acknowledged.

use std::path::Path;
use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use palisade::store::{Batch, RedbStore, Store};
use palisade::test_util::Seed;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::space;
use crate::child::{self, Child};
use crate::folder::Folder;

/// How many batches wait at once.
const WAITING: usize = 16;
/// A batch removes the records of the one that is so much older.
const KEPT: u64 = 20;
/// Children that run at once, files that each of them writes to in turn, and kills for each file.
const AT_ONCE: u64 = 4;
const FILES: u64 = 5;
const KILLS: usize = 16;

/// The records of a batch: from none to three of any length up to a few pages, as its number says.
fn records(number: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut draw = SmallRng::seed_from_u64(number);
    let parts = draw.random_range(0..=3u8);
    let record = |part| {
        let longest = 1 << draw.random_range(0..14);
        let value = vec![number.to_be_bytes()[7]; draw.random_range(0..longest)];
        ([&number.to_be_bytes()[..], &[part]].concat(), value)
    };
    (0..parts).map(record).collect()
}

/// Writes its records and its number, and removes what is too old.
fn batch(number: u64) -> Batch {
    let mut batch = Batch::new().put(space("last"), *b"number", number.to_be_bytes());
    for (key, value) in records(number) {
        batch = batch.put(space("records"), key, value);
    }
    for (key, _) in number.checked_sub(KEPT).map(records).into_iter().flatten() {
        batch = batch.remove(space("records"), key);
    }
    batch
}

/// The number of the last batch, after all that should be there was found, whole and once, and nothing else.
async fn last_number(store: &RedbStore) -> Option<u64> {
    let last = store.read(space("last"), b"number").await.unwrap();
    let last = last.map(|number| u64::from_be_bytes(number.try_into().unwrap()));
    let expected: Vec<_> =
        last.into_iter().flat_map(|last| (last + 1).saturating_sub(KEPT)..=last).flat_map(records).collect();
    let found = store.scan(space("records"), None, usize::MAX).await.unwrap();
    assert!(found == expected, "{} records instead of {}, last batch {last:?}", found.len(), expected.len());
    last
}

#[tokio::test]
#[ignore = "a role: `Child` runs it"]
async fn write_until_killed() {
    let Some(path) = child::subject() else { return };
    child::tell("opens");
    let store = RedbStore::open(path).await.unwrap();
    let first = last_number(&store).await.map_or(0, |last| last + 1);
    let numbered = |number| {
        let write = store.write(batch(number));
        async move { write.await.map(|()| number) }
    };
    let mut numbers = first..;
    let mut waiting: FuturesOrdered<_> = numbers.by_ref().take(WAITING).map(numbered).collect();
    while let Some(acknowledged) = waiting.next().await {
        child::tell(acknowledged.unwrap());
        waiting.extend(numbers.next().map(numbered));
    }
}

/// Kills children that write to one file, one after the other.
fn kill_again_and_again(path: &Path, seed: u64) {
    let mut draw = SmallRng::seed_from_u64(seed);
    let mut before = None;
    for kill in 0..KILLS {
        // The first of a chain while it makes the file, some while they open it, others while they write.
        let lines = if kill == 0 || draw.random_bool(0.2) { 1 } else { draw.random_range(2..100) };
        let delay = Duration::from_micros(draw.random_range(0..if lines == 1 { 10_000 } else { 2_000 }));
        let told = Child::run("store::kills::write_until_killed", path).kill_after(lines, delay);

        let acknowledged: Vec<u64> = told[1..].iter().map(|line| line.parse().unwrap()).collect();
        let first = before.map_or(0, |last| last + 1);
        assert!(
            acknowledged.iter().copied().eq(first..first + acknowledged.len() as u64),
            "in order: {acknowledged:?}"
        );
        let acknowledged = acknowledged.last().copied().or(before);
        if acknowledged.is_some() || path.exists() {
            let last = look(path);
            assert!(last >= acknowledged, "kill {kill}: {acknowledged:?} was acknowledged, and {last:?} is the last");
            let begun = acknowledged.map_or(0, |last| last + 1) + WAITING as u64;
            assert!(last.is_none_or(|last| last < begun), "kill {kill}: {last:?} was never begun");
            before = last;
        }
    }
    assert!(before.is_some());
}

fn look(path: &Path) -> Option<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { last_number(&RedbStore::open(path).await.unwrap()).await })
}

#[test]
fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let folder = Folder::of("kills");
    let seed = Seed::new();
    thread::scope(|scope| {
        for place in 0..AT_ONCE {
            let (folder, seed) = (&folder, &seed);
            scope.spawn(move || {
                for file in (0..FILES).map(|file| place * FILES + file) {
                    kill_again_and_again(&folder.file(&format!("{file}.redb")), seed.part(file).next_u64());
                }
            });
        }
    });
}
