//! A disk that a test holds in its hand.

use std::io;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use redb::{BackendError, DatabaseError, StorageBackend};

use crate::store::RedbStore;
use crate::store::redb::commits::Commits;
use crate::store::redb::file::{File, begin, builder};

/// A file in memory that outlives those who open it. Clones are one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<(Mutex<State>, Condvar)>);

/// The file, opened once. One at a time has its lock.
#[derive(Debug)]
struct Opened(Disk, AtomicBool);

#[derive(Debug)]
struct State {
    bytes: Vec<u8>,
    /// What each flush made safe: the bytes at the flush before it, and what was written since then.
    flushes: Vec<Flush>,
    unsafe_yet: Flush,
    /// How many more writes, flushes and changes of the length go well.
    luck: Option<usize>,
    /// How long the file may become.
    room: usize,
    locked: bool,
    /// Whether flushes wait, and how many do.
    held: bool,
    holding: usize,
}

#[derive(Clone, Debug, Default)]
struct Flush {
    before: Vec<u8>,
    written: Vec<(usize, Vec<u8>)>,
}

impl Default for State {
    fn default() -> Self {
        let (bytes, flushes, unsafe_yet) = Default::default();
        Self { bytes, flushes, unsafe_yet, luck: None, room: usize::MAX, locked: false, held: false, holding: 0 }
    }
}

impl Disk {
    /// A store without records on this disk.
    pub(super) fn store(&self) -> RedbStore {
        begin(builder().create_with_backend(self.opened()).unwrap()).unwrap();
        self.open()
    }

    /// The store that is on this disk.
    pub(super) fn open(&self) -> RedbStore {
        let disk = self.clone();
        let open = move |_: &_| -> Result<_, DatabaseError> { builder().create_with_backend(disk.opened()) };
        RedbStore { commits: Commits::to(File::opened_by(PathBuf::from("disk"), open).unwrap()) }
    }

    fn opened(&self) -> Opened {
        Opened(self.clone(), AtomicBool::new(false))
    }

    pub(super) fn flushes(&self) -> usize {
        self.0.0.lock().flushes.len()
    }

    /// How long the file is.
    pub(super) fn used(&self) -> usize {
        self.0.0.lock().bytes.len()
    }

    /// After so many operations, one fails. Says how many of an earlier setting were left.
    pub(super) fn fail_after(&self, operations: Option<usize>) -> Option<usize> {
        std::mem::replace(&mut self.0.0.lock().luck, operations)
    }

    pub(super) fn set_room(&self, bytes: usize) {
        self.0.0.lock().room = bytes;
    }

    /// Lets flushes wait.
    pub(super) fn hold(&self) {
        self.0.0.lock().held = true;
    }

    pub(super) fn is_held(&self) -> bool {
        self.0.0.lock().holding > 0
    }

    pub(super) fn release(&self) {
        self.0.0.lock().held = false;
        self.0.1.notify_all();
    }

    /// What a machine finds that lost its power in the flush of this number: of what was written before it, any part.
    pub(super) fn after_power_cut(&self, flush: usize, seed: u64) -> Self {
        let Flush { before: mut bytes, written } = self.0.0.lock().flushes[flush].clone();
        let mut draw = SmallRng::seed_from_u64(seed);
        for (at, data) in written {
            bytes.resize(bytes.len().max(at + data.len()), 0);
            if draw.random_bool(0.5) {
                bytes[at..at + data.len()].copy_from_slice(&data);
            }
        }
        Self(Arc::new((Mutex::new(State { bytes, ..State::default() }), Condvar::new())))
    }
}

impl State {
    fn try_luck(&mut self) -> io::Result<()> {
        match self.luck {
            Some(0) => {
                self.luck = None;
                Err(io::Error::other("a bad sector"))
            }
            luck => {
                self.luck = luck.map(|luck| luck - 1);
                Ok(())
            }
        }
    }
}

impl StorageBackend for Opened {
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        if (start, end) != (Bound::Unbounded, Bound::Unbounded) {
            return Err(BackendError::Unsupported);
        }
        let had = std::mem::replace(&mut self.0.0.0.lock().locked, true);
        self.1.store(!had, Ordering::Relaxed);
        Ok(!had)
    }

    fn close(&self) -> io::Result<()> {
        if self.1.load(Ordering::Relaxed) {
            self.0.0.0.lock().locked = false;
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.used() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        let state = self.0.0.0.lock();
        out.copy_from_slice(state.bytes.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.0.0.lock();
        state.try_luck()?;
        let len = usize::try_from(len).unwrap();
        if len > state.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.bytes.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.0.0.lock();
        state.holding += 1;
        while state.held {
            self.0.0.1.wait(&mut state);
        }
        state.holding -= 1;
        state.try_luck()?;
        let next = Flush { before: state.bytes.clone(), written: Vec::new() };
        let flush = std::mem::replace(&mut state.unsafe_yet, next);
        state.flushes.push(flush);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        let mut state = self.0.0.0.lock();
        state.try_luck()?;
        state.bytes[at..at + data.len()].copy_from_slice(data);
        state.unsafe_yet.written.push((at, data.to_vec()));
        Ok(())
    }
}
