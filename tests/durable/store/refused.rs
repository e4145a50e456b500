//! Files that are not opened: each says why, and is left as it is.

use std::fs;
use std::path::Path;

use palisade::StoreError;
use palisade::store::{Batch, Record, RedbStore, Store};
use palisade::test_util::Seed;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use redb::{Database, TableDefinition};

use super::space;
use crate::child::{self, Child};
use crate::folder::Folder;

/// The header of redb: 64 bytes, and two commits of 128.
const HEADER: usize = 320;
/// Where the header says in its lowest bit which of the two commits is the last. Nothing checks that bit: the other commit is whole
/// too, and is what a crash just before the last one would leave.
const LAST: usize = 9;

/// A file as a store leaves it that was closed, and one whose process was killed, and the records of both.
async fn files(folder: &Folder) -> ([Vec<u8>; 2], Vec<Record>) {
    let path = folder.file("filled.redb");
    let store = RedbStore::open(&path).await.unwrap();
    for number in 0..20u8 {
        let batch =
            Batch::new().put(space("records"), [number], vec![number; 1000]).remove(space("records"), [number / 2]);
        store.write(batch).await.unwrap();
    }
    let whole = found(&store).await;
    let killed = fs::read(&path).unwrap();
    drop(store);
    ([fs::read(&path).unwrap(), killed], whole)
}

async fn found(store: &RedbStore) -> Vec<Record> {
    store.scan(space("records"), None, usize::MAX).await.unwrap()
}

/// Whether a file that may be damaged is refused, and left. If it is not, all its records must be there.
async fn refuses(path: &Path, bytes: &[u8], whole: &[Record]) -> bool {
    fs::write(path, bytes).unwrap();
    match RedbStore::open(path).await {
        Ok(store) => assert!(found(&store).await == whole, "opened without its records"),
        Err(StoreError::Damaged { .. }) => {
            // Redb may write to the header of a killed store before it finds what is damaged.
            assert!(
                fs::read(path).unwrap().iter().skip(HEADER).eq(bytes.iter().skip(HEADER)),
                "it was not left as it was"
            );
            return true;
        }
        Err(error) => panic!("{error}"),
    }
    false
}

#[tokio::test]
async fn what_is_no_store_is_refused_and_left() {
    let folder = Folder::of("no-store");
    let path = folder.file("file.redb");
    for bytes in [&b""[..], b"\0", b"redb", b"hello, world", &[0; 4096], &[255; 10_000]] {
        assert!(refuses(&path, bytes, &[]).await);
    }
    let message = RedbStore::open(&path).await.unwrap_err().to_string();
    assert!(message.ends_with(
        "is damaged or no store, and was left as it is: put a copy of it in its place, or move it away to begin anew"
    ));
}

#[tokio::test]
async fn a_file_that_is_cut_short_is_refused() {
    let folder = Folder::of("cut-short");
    let (files, whole) = files(&folder).await;

    for bytes in files {
        for length in (0..bytes.len()).step_by(3001).chain([bytes.len() - 1]) {
            let cut = refuses(&folder.file("cut.redb"), &bytes[..length], &whole).await;
            assert!(cut, "{length} of {} bytes", bytes.len());
        }
    }
}

#[tokio::test]
async fn a_file_with_a_flipped_bit_is_refused_or_whole() {
    let folder = Folder::of("flipped");
    let (files, whole) = files(&folder).await;

    let mut draw = SmallRng::seed_from_u64(Seed::new().next_u64());
    for mut bytes in files {
        let mut refused = 0;
        for flip in 0..80 {
            let at = draw.random_range(0..if flip < 30 { HEADER } else { bytes.len() });
            let bit = 1 << draw.random_range(u32::from(at == LAST)..8);
            bytes[at] ^= bit;
            refused += usize::from(refuses(&folder.file("flipped.redb"), &bytes, &whole).await);
            bytes[at] ^= bit;
        }
        assert!((1..80).contains(&refused), "{refused}");
    }
}

#[tokio::test]
async fn another_database_is_refused() {
    let folder = Folder::of("another");
    let path = folder.file("file.redb");
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<&str, &str>::new("format")).unwrap().insert("a", "b").unwrap();
    transaction.commit().unwrap();
    drop(database);

    assert!(matches!(RedbStore::open(&path).await, Err(StoreError::Damaged { .. })));
    drop(Database::open(&path).unwrap());
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let folder = Folder::of("newer");
    let path = folder.file("file.redb");
    drop(RedbStore::open(&path).await.unwrap());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<(), u64>::new("format")).unwrap().insert((), 2).unwrap();
    transaction.commit().unwrap();
    drop(database);

    let error = RedbStore::open(&path).await.unwrap_err();
    let said = format!("`{}` has format 2, and this version reads up to 1: update palisade", path.display());
    assert_eq!(error.to_string(), said);
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }));
}

#[tokio::test]
async fn a_place_where_no_file_can_be_fails() {
    let folder = Folder::of("no-place");
    for path in [folder.file(""), folder.file("missing/file.redb")] {
        assert!(matches!(RedbStore::open(path).await, Err(StoreError::Failed { .. })));
    }
    assert_eq!(fs::read_dir(folder.file("")).unwrap().count(), 0);
}

#[tokio::test]
#[ignore = "a role: `Child` runs it"]
async fn hold() {
    let Some(path) = child::subject() else { return };
    let _store = RedbStore::open(path).await.unwrap();
    child::tell("open");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_file_that_another_process_has_open_is_refused_until_it_dies() {
    let folder = Folder::of("two-processes");
    let path = folder.file("file.redb");
    let mut other = Child::run("store::refused::hold", &path);
    assert_eq!(other.hear().unwrap(), "open");

    let error = RedbStore::open(&path).await.unwrap_err();
    drop(other);
    RedbStore::open(&path).await.unwrap();

    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    assert!(error.to_string().ends_with("is open elsewhere: give each process a file of its own"));
}

#[tokio::test]
async fn a_file_is_free_as_soon_as_its_store_is_dropped() {
    let folder = Folder::of("dropped");
    let path = folder.file("file.redb");
    for number in 0..50u8 {
        let store = RedbStore::open(&path).await.unwrap();
        assert!(matches!(RedbStore::open(&path).await, Err(StoreError::InUse { .. })));
        store.write(Batch::new().put(space("records"), [number], *b"")).await.unwrap();
        assert_eq!(found(&store).await.len(), usize::from(number) + 1);
    }
}
