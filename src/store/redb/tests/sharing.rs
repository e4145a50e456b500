//! Who shares a commit, on which thread, and what is left when nobody writes.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

use super::disk::Disk;
use super::space;
use crate::store::{Batch, RedbStore, Store};

fn batch(key: u32, value: &str) -> Batch {
    Batch::new().put(space(), key.to_be_bytes(), value)
}

/// Polls a future for the first time, and leaves it pending.
async fn begin(future: &mut (impl Future<Output: std::fmt::Debug> + Unpin)) {
    poll_fn(|context| {
        assert!(future.poll_unpin(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// Waits until a flush is held, on a runtime that has one thread: it would not come this far if a write blocked it.
async fn until_held(disk: &Disk) {
    while !disk.is_held() {
        yield_now().await;
    }
}

fn one_blocking_thread() -> Runtime {
    Builder::new_current_thread().max_blocking_threads(1).build().unwrap()
}

#[tokio::test]
async fn a_thousand_writers_share_the_next_commit() {
    let disk = Disk::default();
    let store = disk.store();
    let before = disk.flushes();
    store.write(batch(0, "alone")).await.unwrap();
    let a_commit = disk.flushes() - before;

    disk.hold();
    let mut first = store.write(batch(1, "first"));
    begin(&mut first).await;
    until_held(&disk).await;
    let mut others = join_all((2..1002).map(|key| store.write(batch(key, "with others"))));
    begin(&mut others).await;
    let before = disk.flushes();
    disk.release();
    first.await.unwrap();
    assert!(others.await.iter().all(Result::is_ok));

    let flushes = disk.flushes() - before;
    assert!(flushes < 3 * a_commit, "{flushes} flushes, and {a_commit} for a commit");
    assert_eq!(store.scan(space(), None, usize::MAX).await.unwrap().len(), 1002);
}

#[tokio::test]
async fn batches_take_effect_in_the_order_of_their_first_polls() {
    let disk = Disk::default();
    let store = disk.store();
    let [mut a, mut b, mut c] = ["a", "b", "c"].map(|value| store.write(batch(0, value)));

    disk.hold();
    begin(&mut c).await;
    until_held(&disk).await;
    begin(&mut b).await;
    begin(&mut a).await;
    disk.release();
    let (a, b, c) = tokio::join!(a, b, c);

    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(store.read(space(), &[0; 4]).await.unwrap().unwrap(), b"a");
}

#[tokio::test]
async fn a_write_that_is_dropped_unpolled_writes_nothing() {
    let store = Disk::default().store();

    drop(store.write(batch(0, "dropped")));
    store.write(batch(1, "written")).await.unwrap();

    assert_eq!(store.read(space(), &[0; 4]).await.unwrap(), None);
}

#[tokio::test]
async fn a_write_that_is_dropped_later_is_written_whole() {
    let disk = Disk::default();
    let store = disk.store();

    disk.hold();
    let mut written = store.write(batch(0, "dropped while written").put(space(), *b"more", *b""));
    begin(&mut written).await;
    until_held(&disk).await;
    let mut waiting = store.write(batch(1, "dropped while waiting").put(space(), *b"even more", *b""));
    begin(&mut waiting).await;
    drop((written, waiting));
    disk.release();
    store.write(batch(2, "after it")).await.unwrap();

    assert_eq!(store.scan(space(), None, usize::MAX).await.unwrap().len(), 5);
}

#[tokio::test]
async fn reads_see_what_was_committed_while_a_commit_runs() {
    let disk = Disk::default();
    let store = disk.store();
    store.write(batch(0, "old")).await.unwrap();

    disk.hold();
    let mut write = store.write(batch(0, "new"));
    begin(&mut write).await;
    until_held(&disk).await;
    let during = store.read(space(), &[0; 4]).await.unwrap().unwrap();
    disk.release();
    write.await.unwrap();

    assert_eq!(during, b"old");
    assert_eq!(store.read(space(), &[0; 4]).await.unwrap().unwrap(), b"new");
}

#[test]
fn nothing_is_left_when_nobody_writes_or_reads() {
    let runtime = one_blocking_thread();
    let store = Disk::default().store();

    runtime.block_on(async {
        assert!(join_all((0..100).map(|key| store.write(batch(key, "")))).await.iter().all(Result::is_ok));
        store.read(space(), b"").await.unwrap();
    });
    drop(runtime); // waits for the threads that still run

    assert_eq!(Arc::strong_count(store.commits.file()), 1);
}

/// A writer whose runtime has ended takes the turn to write, and loses it at once.
#[test]
fn writers_beside_a_runtime_that_has_ended_are_all_answered() {
    let (store, live, ended) = (Disk::default().store(), one_blocking_thread(), one_blocking_thread());
    let gone = ended.handle().clone();
    drop(ended);

    let fails = |key: u32| {
        let mut write = store.write(batch(key, ""));
        let inside = gone.enter();
        let polled = write.poll_unpin(&mut Context::from_waker(Waker::noop()));
        drop(inside);
        match polled {
            Poll::Ready(result) => result.is_err(),
            Poll::Pending => one_blocking_thread().block_on(write).is_err(),
        }
    };
    let failed = thread::scope(|scope| {
        let on_the_ended = scope.spawn(|| (0..1000).filter(|key| fails(*key)).count());
        let on_the_live = (1000..2000).filter(|key| live.block_on(store.write(batch(*key, ""))).is_err()).count();
        on_the_ended.join().unwrap() + on_the_live
    });

    assert!(failed > 0);
    assert_eq!(live.block_on(store.scan(space(), None, usize::MAX)).unwrap().len(), 2000 - failed);
}

#[test]
fn a_commit_that_runs_when_its_runtime_ends_is_finished() {
    let (disk, runtime, other) = (Disk::default(), one_blocking_thread(), one_blocking_thread());
    let store = disk.store();

    disk.hold();
    let mut write = store.write(batch(0, "written"));
    runtime.block_on(begin(&mut write));
    runtime.block_on(until_held(&disk));
    runtime.shutdown_background();
    disk.release();

    other.block_on(write).unwrap();
}

#[test]
fn a_runtime_that_has_ended_fails_reads_and_writes() {
    let (store, runtime) = (Disk::default().store(), one_blocking_thread());
    let handle = runtime.handle().clone();
    drop(runtime);

    let _inside = handle.enter();
    assert!(store.write(batch(0, "lost")).now_or_never().unwrap().is_err());
    assert!(store.read(space(), b"").now_or_never().unwrap().is_err());
}

#[test]
fn outside_a_runtime_everything_is_an_error() {
    let store = Disk::default().store();

    assert!(store.write(batch(0, "lost")).now_or_never().unwrap().is_err());
    assert!(store.read(space(), b"").now_or_never().unwrap().is_err());
    assert!(store.scan(space(), None, 1).now_or_never().unwrap().is_err());
    assert!(pin!(RedbStore::open("never made")).now_or_never().unwrap().is_err());

    let runtime = one_blocking_thread();
    runtime.block_on(store.write(batch(1, "written"))).unwrap();
    assert_eq!(runtime.block_on(store.scan(space(), None, usize::MAX)).unwrap().len(), 1);
}
