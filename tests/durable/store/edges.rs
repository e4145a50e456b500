//! Keys, values, spaces and limits at their ends, and what happens to a file from outside.

use std::fs;

use futures_util::future::join_all;
use palisade::store::{Batch, MemoryStore, RedbStore, Space, Store};
use palisade::{Name, StoreError};

use super::space;
use crate::folder::Folder;

/// Runs a claim on an empty store of each kind.
async fn on_each(test: &str, claim: impl AsyncFn(&dyn Store)) {
    claim(&MemoryStore::new()).await;
    let folder = Folder::of(test);
    claim(&RedbStore::open(folder.file("file.redb")).await.unwrap()).await;
}

async fn keys(store: &dyn Store, space: Space, after: Option<&[u8]>, limit: usize) -> Vec<Vec<u8>> {
    store.scan(space, after, limit).await.unwrap().into_iter().map(|(key, _)| key).collect()
}

#[tokio::test]
async fn empty_keys_and_values_are_records() {
    on_each("empty", async |store| {
        store.write(Batch::new().put(space("a"), *b"", *b"")).await.unwrap();
        assert_eq!(store.read(space("a"), b"").await.unwrap().unwrap(), b"");
        assert_eq!(keys(store, space("a"), None, 1).await, [b""]);
        assert!(keys(store, space("a"), Some(b""), 1).await.is_empty());

        store.write(Batch::new().remove(space("a"), *b"").remove(space("never"), *b"")).await.unwrap();
        assert_eq!(store.read(space("a"), b"").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn spaces_are_apart_where_one_name_begins_another() {
    on_each("prefixes", async |store| {
        let long = String::from_utf8(vec![b'a'; Name::MAX_LEN]).unwrap();
        let names = ["a", "aa", "a/a", "\0", "a\0", "é"].map(|name| Name::new(name).unwrap());
        let names = names.into_iter().chain([Name::new(long).unwrap()]);
        let spaces: Vec<_> = names.flat_map(|name| ["a", "aa"].map(|kind| Space::new(kind, name))).collect();
        let batch = spaces.iter().fold(Batch::new(), |batch, space| batch.put(*space, *b"key", space.to_string()));
        store.write(batch).await.unwrap();

        for space in spaces {
            assert_eq!(store.scan(space, None, 2).await.unwrap(), [(b"key".to_vec(), space.to_string().into_bytes())]);
        }
    })
    .await;
}

#[tokio::test]
async fn records_are_in_the_order_of_the_bytes_of_their_keys() {
    on_each("order", async |store| {
        let sorted: [&[u8]; 7] = [b"", &[0], &[0, 0], &[0, 255], &[1], &[127], &[255, 255]];
        let batch = sorted.iter().rev().fold(Batch::new(), |batch, key| batch.put(space("a"), *key, *b""));
        store.write(batch).await.unwrap();

        assert_eq!(keys(store, space("a"), None, usize::MAX).await, sorted);
        for (at, key) in sorted.iter().enumerate() {
            assert_eq!(keys(store, space("a"), Some(key), usize::MAX).await, sorted[at + 1..]);
        }
        assert_eq!(keys(store, space("a"), Some(&[2]), 1).await, [[127]]);
        assert!(keys(store, space("a"), None, 0).await.is_empty());
        assert!(keys(store, space("b"), None, usize::MAX).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn later_changes_of_a_batch_win() {
    on_each("later", async |store| {
        let batch = Batch::new().put(space("a"), *b"1", *b"x").remove(space("a"), *b"1");
        store
            .write(batch.remove(space("a"), *b"2").put(space("a"), *b"2", *b"x").put(space("a"), *b"2", *b"y"))
            .await
            .unwrap();

        assert_eq!(store.scan(space("a"), None, 9).await.unwrap(), [(b"2".to_vec(), b"y".to_vec())]);
    })
    .await;
}

#[tokio::test]
async fn a_huge_value_and_a_huge_key_come_back_whole() {
    on_each("huge", async |store| {
        let (key, value) = (vec![7; 1 << 20], vec![8; 20 << 20]);
        store.write(Batch::new().put(space("a"), key.clone(), value.clone())).await.unwrap();

        assert!(store.read(space("a"), &key).await.unwrap().unwrap() == value);
        assert!(keys(store, space("a"), None, 1).await == [key]);
    })
    .await;
}

#[tokio::test]
async fn a_scan_sees_whole_batches_while_others_write() {
    on_each("scans", async |store| {
        let write = async |number: u8| {
            // Each batch moves both records, so that there are always two of the same number.
            let batch = Batch::new().remove(space("a"), [0, number - 1]).remove(space("a"), [1, number - 1]);
            store.write(batch.put(space("a"), [0, number], *b"").put(space("a"), [1, number], *b"")).await.unwrap();
        };
        write(1).await;
        let writes = async {
            for number in 2..100 {
                write(number).await;
            }
        };
        let scans = async {
            loop {
                let found = keys(store, space("a"), None, usize::MAX).await;
                let [zero, one] = &found[..] else { panic!("{found:?}") };
                assert_eq!(zero[1], one[1]);
                if zero[1] == 99 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(writes, scans);
    })
    .await;
}

#[tokio::test]
async fn an_empty_batch_is_written() {
    on_each("nothing", async |store| store.write(Batch::new()).await.unwrap()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone_and_nothing_is_left_beside_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::of("new");
    let path = folder.file("file.redb");
    drop(RedbStore::open(&path).await.unwrap());

    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.file("")).unwrap().count(), 1);
}

#[tokio::test]
async fn many_who_make_one_file_at_once_make_one() {
    let folder = Folder::of("at-once");
    for round in 0..20 {
        let path = folder.file(&format!("{round}.redb"));
        let opened = join_all((0..8).map(|_| RedbStore::open(&path))).await;

        let refused = opened.iter().filter(|store| matches!(store, Err(StoreError::InUse { .. }))).count();
        assert_eq!((refused, opened.iter().filter(|store| store.is_ok()).count()), (7, 1));
    }
    assert_eq!(fs::read_dir(folder.file("")).unwrap().count(), 20);
}
