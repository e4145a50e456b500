//! A store on a file.

mod commits;
mod file;
mod records;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc; // no model checks a store

use tokio::runtime::Handle;

use self::commits::Commits;
use self::file::File;
use super::{Answer, Batch, Record, Space, Store, StoreError};

/// Keeps records in a file, so that they outlive the process (feature `redb`).
///
/// A write is answered once it is on the disk, as far as the disk tells the truth (redb's `Durability::Immediate`, in two phases):
/// after two flushes of the disk. Writes that wait at the same time share them, so a thousand writers write some hundred times as
/// much as one. All work on the file is done by threads that tokio keeps for blocking work, one of them for all writes, and none
/// while nobody writes or reads. So everything needs a tokio runtime, and fails without one.
///
/// One store at a time has the file open, in all processes of a machine: give each process a file of its own, also during a rolling
/// deploy. Clones share one store. The file is closed when the last of them is dropped and nothing that it began runs any more;
/// closing takes as long as a write, on the thread that drops.
///
/// After an error of the disk the file is opened anew by whatever comes next, so the store works again once there is room. A new file
/// can be read by its owner alone. A file that is left empty, cut short, or changed by anything else is refused, and never begun anew:
/// opening checks all of it, which takes as long as reading it. Up to 16 MiB of it are kept in memory.
///
/// The feature needs Rust 1.90, as redb does.
///
/// # Examples
///
/// ```
/// use palisade::store::{Batch, RedbStore, Space, Store};
/// use palisade::Name;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let path = std::env::temp_dir().join(format!("palisade-example-{}.redb", std::process::id()));
/// let orders = Space::new("queue", Name::new("orders")?);
///
/// let store = RedbStore::open(&path).await?;
/// store.write(Batch::new().put(orders, *b"7", *b"two pens")).await?;
/// drop(store);
///
/// let store = RedbStore::open(&path).await?;
/// assert_eq!(store.read(orders, b"7").await?, Some(b"two pens".to_vec()));
/// # drop(store);
/// # std::fs::remove_file(path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedbStore {
    commits: Commits,
}

impl RedbStore {
    /// Opens the file, or makes one if there is none. Its folder must be there.
    ///
    /// A file is made beside its place, as `<name>.<digits>.new`, and put there once it is whole. Such a file that is left over
    /// from a crash can be deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`], [`StoreError::Damaged`] and [`StoreError::Newer`] as they say; [`StoreError::Failed`] when the file
    /// cannot be read or written, and outside a tokio runtime.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let file = blocking(move || File::open(path)).await?;
        Ok(Self { commits: Commits::to(file) })
    }

    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&File) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = Arc::clone(self.commits.file());
        blocking(move || look(&file)).await
    }
}

/// Does what blocks on a thread for that.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let runtime = Handle::try_current().map_err(StoreError::failed)?;
    runtime.spawn_blocking(work).await.map_err(StoreError::failed)?
}

impl Store for RedbStore {
    fn write(&self, batch: Batch) -> Answer<'_, ()> {
        Box::pin(self.commits.write(batch))
    }

    fn read<'a>(&'a self, space: Space, key: &'a [u8]) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let key = key.to_vec();
            self.look(move |file| file.with(|database| records::read(database, space, &key))).await
        })
    }

    fn scan<'a>(&'a self, space: Space, after: Option<&'a [u8]>, limit: usize) -> Answer<'a, Vec<Record>> {
        Box::pin(async move {
            let after = after.map(<[u8]>::to_vec);
            self.look(move |file| file.with(|database| records::scan(database, space, after.as_deref(), limit))).await
        })
    }

    fn place(&self) -> usize {
        Arc::as_ptr(self.commits.file()).addr()
    }
}

impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("path", &self.commits.file().path()).finish_non_exhaustive()
    }
}
