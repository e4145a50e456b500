//! Snapshots in files.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use futures_util::FutureExt;
use palisade::Phase;
use palisade::test_util::EventLog;

use super::*;

/// A folder of its own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("palisade-snapshots-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for tests can be made");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("state.json")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("it is there");
        entries.map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[tokio::test]
async fn a_circuit_that_was_open_is_open_after_the_restart() {
    let folder = Folder::new("open");
    of_open_circuit().save(folder.file()).await.unwrap();
    let registry = Registry::new();
    let circuit = circuit(&registry);
    assert_eq!(why(&registry.restore(&Snapshot::load(folder.file()).await)), None);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test]
async fn a_file_takes_the_place_of_the_one_before_and_leaves_nothing_beside() {
    let folder = Folder::new("twice");
    for count in [1, 2] {
        let snapshot = Registry::new().snapshot().with("count", count).unwrap();
        snapshot.save(folder.file()).await.unwrap();
        assert_eq!(Snapshot::load(folder.file()).await, snapshot);
    }
    assert_eq!(folder.names(), ["state.json"]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    of_open_circuit().save(folder.file()).await.unwrap();
    assert_eq!(fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn writers_at_the_same_time_leave_one_whole_file() {
    let folder = Folder::new("many");
    let saves = (0..20).map(|count| {
        let (snapshot, file) = (Registry::new().snapshot().with("count", count).unwrap(), folder.file());
        tokio::spawn(async move { snapshot.save(file).await })
    });
    for save in saves.collect::<Vec<_>>() {
        save.await.unwrap().unwrap();
    }
    assert!(Snapshot::load(folder.file()).await.value::<u32>("count").is_some_and(|count| count < 20));
    assert_eq!(folder.names(), ["state.json"]);
}

#[tokio::test]
async fn who_reads_while_it_is_written_reads_a_whole_file() {
    let folder = Folder::new("reader");
    let snapshot = Registry::new().snapshot().with("text", "x".repeat(1 << 20)).unwrap();
    snapshot.save(folder.file()).await.unwrap();
    let file = folder.file();
    let writer = tokio::spawn(async move {
        for _ in 0..20 {
            snapshot.save(&file).await.unwrap();
        }
    });
    while !writer.is_finished() {
        let text = Snapshot::load(folder.file()).await.value::<String>("text");
        assert_eq!(text.map(|text| text.len()), Some(1 << 20));
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn a_save_that_is_dropped_is_done_or_not_done() {
    let folder = Folder::new("dropped");
    let [first, second] = [1, 2].map(|count| Registry::new().snapshot().with("count", count).unwrap());
    first.save(folder.file()).await.unwrap();
    let mut save = tokio_test::task::spawn(second.save(folder.file()));
    assert!(save.poll().is_pending());
    drop(save);
    assert!([Some(1), Some(2)].contains(&Snapshot::load(folder.file()).await.value("count")));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_an_error_and_leaves_the_old_one() {
    let folder = Folder::new("error");
    let missing = folder.0.join("missing").join("state.json");
    assert_eq!(of_open_circuit().save(missing).await.unwrap_err().kind(), ErrorKind::NotFound);
    fs::create_dir(folder.file()).unwrap();
    of_open_circuit().save(folder.file()).await.unwrap_err();
    assert_eq!(folder.names(), ["state.json"]);
    assert_eq!(of_open_circuit().save("/").await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_start_goes_on_without_a_snapshot_and_that_is_told() {
    let folder = Folder::new("start");
    let text = serde_json::to_string(&of_open_circuit()).unwrap();
    let rows: [(&str, Option<&[u8]>, &str); 5] = [
        ("none", None, "missing"),
        ("empty", Some(b""), "unreadable"),
        ("cut", Some(&text.as_bytes()[..text.len() / 2]), "unreadable"),
        ("no text", Some(&[0xff; 100]), "unreadable"),
        ("another", Some(b"{\"some\": \"thing\"}"), "unreadable"),
    ];
    for (label, bytes, why) in rows {
        if let Some(bytes) = bytes {
            fs::write(folder.file(), bytes).unwrap();
        }
        let events = EventLog::of_thread();
        let snapshot = Snapshot::load(folder.file()).await;
        assert_eq!(Registry::new().restore(&snapshot), Restored::default(), "{label}");
        let told = events.of("palisade::registry");
        assert_eq!((told.len(), told[0].field("why")), (1, why), "{label}");
        assert!(told[0].field("what").contains("state.json"), "{label}");
    }
}

#[tokio::test]
async fn more_than_64_mib_is_neither_written_nor_read() {
    let folder = Folder::new("large");
    let snapshot = Registry::new().snapshot().with("large", "x".repeat(64 << 20)).unwrap();
    assert_eq!(snapshot.save(folder.file()).await.unwrap_err().kind(), ErrorKind::FileTooLarge);
    fs::File::create(folder.file()).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(Snapshot::load(folder.file()).await.value::<String>("large"), None);
}

#[test]
fn without_a_runtime_it_is_an_error_or_unreadable_and_no_panic() {
    let folder = Folder::new("no runtime");
    of_open_circuit().save(folder.file()).now_or_never().unwrap().unwrap_err();
    let loaded = Snapshot::load(folder.file()).now_or_never().unwrap();
    assert_eq!(Registry::new().restore(&loaded), Restored::default());
}
