//! A snapshot in a file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::{Snapshot, tell_left_out};

/// The longest file that is written and read, in bytes.
const LONGEST: u64 = 64 << 20;

impl Snapshot {
    /// Writes it to a file as JSON, in place of one that is there.
    ///
    /// The file is written beside its place, forced to the disk, and renamed: so at each moment it is the old one or the new one, whole.
    /// On Unix only its owner may read it. If the process ends on the way, a file `.name.number.tmp` may be left beside it. It is written
    /// on tokio's threads for what blocks.
    ///
    /// # Errors
    ///
    /// When it cannot be written, is longer than 64 MiB, or no runtime of tokio runs. Then the file is as it was.
    ///
    /// # Cancellation
    ///
    /// Once it was polled, dropping the future leaves it to be written.
    pub async fn save(&self, path: impl Into<PathBuf>) -> io::Result<()> {
        let (path, bytes) = (path.into(), serde_json::to_vec(self)?);
        if bytes.len() as u64 > LONGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a snapshot has at most 64 MiB"));
        }
        on_disk(move || replace(&path, &bytes)).await?
    }

    /// Reads a file that was saved. A start goes on without it: where there is no file, or no snapshot in it, the snapshot is empty.
    ///
    /// An event [`LeftOut`](crate::event::Event::LeftOut) tells that, with the reason `missing` or `unreadable`. So is a file of more than
    /// 64 MiB, and every file where no runtime of tokio runs.
    pub async fn load(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let shown = path.display().to_string();
        let loaded = on_disk(move || read(&path)).await.and_then(|read| read);
        loaded.unwrap_or_else(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let why = if is_missing { "missing" } else { "unreadable" };
            tell_left_out(why, 1, &format!("{shown}: {error}"));
            Self::default()
        })
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    Handle::try_current().map_err(io::Error::other)?.spawn_blocking(work).await.map_err(io::Error::other)
}

fn read(path: &Path) -> io::Result<Snapshot> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(serde_json::from_slice(&bytes)?)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    // Another process may write the same file: each has a file of its own on the way.
    let number = RandomState::new().hash_one(bytes.len());
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{number:016x}.tmp"));
    let beside = path.with_file_name(beside);
    let written = write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        fs::remove_file(&beside).ok();
    }
    written?;
    sync_folder(path)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    keep_private(&mut options);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn keep_private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
const fn keep_private(_: &mut OpenOptions) {}

/// Forces the name to the disk.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened as files.
#[cfg(not(unix))]
const fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
