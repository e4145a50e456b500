//! A disk that fails, is full, or loses what it had not flushed.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::task::yield_now;

use super::disk::Disk;
use super::space;
use crate::store::{Batch, RedbStore, Store, StoreError};

/// A batch of two records, which are written both or not at all.
fn pair(number: u32) -> Batch {
    let [first, second] = [2 * number, 2 * number + 1].map(u32::to_be_bytes);
    Batch::new().put(space(), first, vec![1; 300]).put(space(), second, vec![2; 300])
}

/// The numbers of the pairs that are there, each whole.
async fn pairs(store: &RedbStore) -> Vec<u32> {
    let records = store.scan(space(), None, usize::MAX).await.unwrap();
    let pairs = records.chunks(2).map(|pair| {
        let [(first, ones), (second, twos)] = pair else { panic!("half of a pair: {pair:?}") };
        let number = u32::from_be_bytes(first.as_slice().try_into().unwrap()) / 2;
        assert_eq!(*second, (2 * number + 1).to_be_bytes());
        assert!(*ones == [1; 300] && *twos == [2; 300]);
        number
    });
    pairs.collect()
}

#[tokio::test]
async fn one_failure_at_any_point_loses_nothing_that_was_acknowledged() {
    for point in 0.. {
        let disk = Disk::default();
        let store = disk.store();
        store.write(pair(0)).await.unwrap();

        disk.fail_after(Some(point));
        let failed = store.write(pair(1)).await;
        let is_over = disk.fail_after(None).is_some();
        store.write(pair(2)).await.unwrap();

        let found = pairs(&store).await;
        assert!(found == [0, 1, 2] || failed.is_err() && found == [0, 2], "{found:?} after {point}: {failed:?}");
        drop(store);
        assert_eq!(pairs(&disk.open()).await, found);
        if is_over {
            assert!(failed.is_ok() && point > 5, "{point}");
            break;
        }
    }
}

#[tokio::test]
async fn reads_after_a_failure_find_what_was_acknowledged() {
    let disk = Disk::default();
    let store = disk.store();
    store.write(pair(0)).await.unwrap();

    disk.fail_after(Some(0));
    store.write(pair(1)).await.unwrap_err();

    assert_eq!(store.read(space(), &[0; 4]).await.unwrap().unwrap(), [1; 300]);
    assert_eq!(pairs(&store).await, [0]);
}

#[tokio::test]
async fn a_failed_commit_is_told_to_each_of_its_writers() {
    for point in 0.. {
        let disk = Disk::default();
        let store = disk.store();
        disk.hold();
        let mut first = store.write(pair(0));
        poll_fn(|context| Poll::Ready(first.poll_unpin(context).is_pending())).await;
        while !disk.is_held() {
            yield_now().await;
        }
        let mut others = join_all((1..10).map(|number| store.write(pair(number))));
        poll_fn(|context| Poll::Ready(others.poll_unpin(context).is_pending())).await;
        disk.fail_after(Some(point));
        disk.release();

        let (first, others) = (first.await, others.await);
        if first.is_ok() {
            assert!(others.iter().all(|other| other.as_ref().is_err_and(|e| e.to_string().contains("a bad sector"))));
            assert_eq!(pairs(&store).await, [0]);
            break;
        }
        assert!(others.iter().all(Result::is_ok), "they are in the next commit");
    }
}

#[tokio::test]
async fn a_full_disk_fails_writes_until_it_has_room() {
    for room in (0..64 * 1024).step_by(4096) {
        let disk = Disk::default();
        let store = disk.store();
        store.write(pair(0)).await.unwrap();
        disk.set_room(disk.used() + room);

        let mut last = 0;
        let error = loop {
            match store.write(pair(last + 1)).await {
                Ok(()) => last += 1,
                Err(error) => break error,
            }
        };
        assert!(
            matches!(&error, StoreError::Failed { source } if source.to_string().contains("no storage space")),
            "{error}"
        );
        store.write(pair(last + 1).put(space(), [9; 4], vec![0; 100_000])).await.unwrap_err();
        let found = pairs(&store).await;
        assert!(found.iter().copied().eq(0..=last), "{found:?}, and {last} were written");

        disk.set_room(usize::MAX);
        store.write(pair(last + 1)).await.unwrap();
        assert!(pairs(&store).await.into_iter().eq(0..=last + 1));
    }
}

#[tokio::test]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let disk = Disk::default();
    let store = disk.store();
    for number in 0..8 {
        let flushes = disk.flushes();
        store.write(pair(number)).await.unwrap();
        for (flush, seed) in (flushes..disk.flushes()).flat_map(|flush| (0..32).map(move |seed| (flush, seed))) {
            let found = pairs(&disk.after_power_cut(flush, seed).open()).await;
            let (before, after) = (found.iter().copied().eq(0..number), found.iter().copied().eq(0..=number));
            assert!(before || after, "{found:?} in the write of {number}: flush {flush}, seed {seed}");
        }
    }
}
