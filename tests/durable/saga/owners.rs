//! Sagas of one file that several values write to.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palisade::store::{Json, RedbStore};
use palisade::{Saga, SagaError};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::folder::Folder;

#[tokio::test]
async fn clones_of_a_store_share_who_runs_a_saga() {
    let folder = Folder::of("clones");
    let store = RedbStore::open(folder.file("file.redb")).await.unwrap();
    let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let orders = || {
        let (calls, gate) = (Arc::clone(&calls), Arc::clone(&gate));
        let wait = move |(), _| {
            let (calls, gate) = (Arc::clone(&calls), Arc::clone(&gate));
            async move {
                // Only the first call waits: another one would be seen, and not hang.
                if calls.fetch_add(1, Ordering::SeqCst) == 0 {
                    drop(gate.acquire().await);
                }
                Ok::<_, Infallible>(())
            }
        };
        Saga::builder("order", Arc::new(store.clone()), Json).pivot("wait", wait).build().unwrap()
    };

    let first = orders();
    let running = tokio::spawn(async move { first.run("1", ()).await });
    while calls.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    let (again, resumed) = (orders().run("1", ()).await, orders().resume().await.unwrap());
    gate.add_permits(1);
    running.await.unwrap().unwrap();

    assert!(matches!(again, Err(SagaError::Running)), "{again:?}");
    assert_eq!((resumed.done, calls.load(Ordering::SeqCst)), (0, 1));
}
