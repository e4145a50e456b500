//! A file that is made whole, refused where it is damaged, and opened anew after an error.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parking_lot::{MappedRwLockReadGuard, RwLock, RwLockReadGuard}; // no model checks a store
use rand::Rng;
use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, Error, ReadableDatabase, TableDefinition};

use crate::backoff::generator;
use crate::store::StoreError;

/// The format of the tables of records. A greater one is refused.
const FORMAT: u64 = 1;
/// Where the format stands. No space is called so: the name of each has a `/`.
const FORMATS: TableDefinition<'_, (), u64> = TableDefinition::new("format");
/// How much of a file is kept in memory, in bytes.
const CACHE: usize = 16 * 1024 * 1024;

/// The file of a store.
pub(super) struct File {
    path: PathBuf,
    open: Open,
    /// None after an error: redb does nothing more with a file that it could not read or write once.
    database: RwLock<Option<Database>>,
}

/// Opens a file that is there.
type Open = Box<dyn Fn(&Path) -> Result<Database, DatabaseError> + Send + Sync>;

impl File {
    /// Opens the file, or makes one if there is none.
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(StoreError::failed)?;
        if !path.try_exists().map_err(StoreError::failed)? {
            make(&path).map_err(|error| told(&path, error))?;
        }
        Self::opened_by(path, |path| builder().open(path))
    }

    /// Opens the file in this way, now and after an error.
    pub(super) fn opened_by(
        path: PathBuf,
        open: impl Fn(&Path) -> Result<Database, DatabaseError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let file = Self { path, open: Box::new(open), database: RwLock::new(None) };
        drop(file.database()?);
        Ok(file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Works on the open file. Where that fails, the next work finds it opened anew.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T, StoreError> {
        let database = self.database()?;
        let result = caught(|| work(&database));
        drop(database);
        result.map_err(|error| {
            *self.database.write() = None;
            told(&self.path, error)
        })
    }

    fn database(&self) -> Result<MappedRwLockReadGuard<'_, Database>, StoreError> {
        loop {
            if let Ok(database) = RwLockReadGuard::try_map(self.database.read(), Option::as_ref) {
                return Ok(database);
            }
            let mut database = self.database.write();
            if database.is_none() {
                *database = Some(self.checked()?);
            }
        }
    }

    fn checked(&self) -> Result<Database, StoreError> {
        let opened = caught(|| {
            let database = (self.open)(&self.path)?;
            let format = database.begin_read()?.open_table(FORMATS)?.get(())?.map(|format| format.value());
            Ok((database, format.ok_or_else(|| Error::Corrupted("it does not say which format it has".to_owned()))?))
        });
        match opened.map_err(|error| told(&self.path, error))? {
            (database, ..=FORMAT) => Ok(database),
            (_, found) => Err(StoreError::Newer { path: self.path.clone(), found, known: FORMAT }),
        }
    }
}

/// How every file is opened. All of it is checked, or redb would find out only later that it is damaged, and might panic.
pub(super) fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
    builder
}

/// Makes a file. It stands beside its place until it is whole, so that one that is empty or cut short is no store that begins.
fn make(path: &Path) -> Result<(), Error> {
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{:020}.new", generator(None).next_u64()));
    // A link fails where there is a file by now. A rename would replace it, though another process had already written to it.
    let made = fill(Path::new(&new)).and_then(|()| Ok(fs::hard_link(&new, path)?));
    drop(fs::remove_file(&new));
    match made {
        Err(Error::Io(error)) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| flush_folder(path)),
    }
}

fn fill(new: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    #[cfg(unix)] // elsewhere, who may read it is what the folder says
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.read(true).write(true).create_new(true).open(new)?;
    begin(builder().create_with_backend(FileBackend::new(file)?)?)
}

/// Makes an empty database a store without records.
pub(super) fn begin(database: Database) -> Result<(), Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(FORMATS)?.insert((), FORMAT)?;
    transaction.commit()?;
    Ok(database.close()?)
}

/// Makes sure that the name of a new file is on the disk too.
fn flush_folder(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) if cfg!(unix) => Ok(fs::File::open(folder)?.sync_all()?), // elsewhere a folder is no file
        _ => Ok(()),
    }
}

/// The result of work by redb, which panics where a damaged file contradicts itself.
fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::Corrupted("redb panicked".to_owned())))
}

fn told(path: &Path, error: Error) -> StoreError {
    let path = path.to_owned();
    match error {
        Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => StoreError::InUse { path },
        Error::Io(ref cause) if !matches!(cause.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
            StoreError::failed(error)
        }
        Error::Io(_)
        | Error::Corrupted(_)
        | Error::UpgradeRequired(_)
        | Error::TableDoesNotExist(_)
        | Error::TableTypeMismatch { .. }
        | Error::TableIsMultimap(_) => StoreError::Damaged { path, source: std::sync::Arc::new(error) },
        _ => StoreError::failed(error),
    }
}
