//! Queues of one file that several values write to.

use std::sync::Arc;

use palisade::DeadLetters;
use palisade::dead_letter::OpenError;
use palisade::store::{Json, RedbStore};

use crate::folder::Folder;

#[tokio::test]
async fn clones_of_a_store_open_a_queue_once() {
    let folder = Folder::of("opened");
    let store = RedbStore::open(folder.file("file.redb")).await.unwrap();
    let open = async || DeadLetters::<u64>::builder("letters", Arc::new(store.clone()), Json).open().await;
    let letters = open().await.unwrap();
    assert!(matches!(open().await, Err(OpenError::Open(_))));
    drop(letters);
    open().await.unwrap();
}
