//! A disk that a test holds in its hand.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use redb::{DatabaseError, StorageBackend};

use crate::store::RedbStore;
use crate::store::redb::commits::Commits;
use crate::store::redb::file::{File, begin, builder};

/// A file in memory that outlives those who open it. Clones are one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug)]
struct State {
    bytes: Vec<u8>,
    /// What would be left if the power was cut now: the bytes at the last flush, and what was done since then.
    flushed: Vec<u8>,
    since: Vec<(usize, Vec<u8>)>,
    flushes: usize,
    /// How many more writes, flushes and changes of the length go well.
    luck: Option<usize>,
    /// How long the file may become.
    room: usize,
    /// Whether flushes wait, and how many do.
    held: bool,
    holding: usize,
}

impl Default for State {
    fn default() -> Self {
        let (bytes, flushed, since) = Default::default();
        Self { bytes, flushed, since, flushes: 0, luck: None, room: usize::MAX, held: false, holding: 0 }
    }
}

impl Disk {
    /// A store without records on this disk.
    pub(super) fn store(&self) -> RedbStore {
        begin(builder().create_with_backend(self.clone()).unwrap()).unwrap();
        self.open()
    }

    /// The store that is on this disk.
    pub(super) fn open(&self) -> RedbStore {
        let disk = self.clone();
        let open = move |_: &_| -> Result<_, DatabaseError> { builder().create_with_backend(disk.clone()) };
        RedbStore { commits: Arc::new(Commits::to(File::opened_by(PathBuf::from("disk"), open).unwrap())) }
    }

    pub(super) fn flushes(&self) -> usize {
        self.0.0.lock().flushes
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

    /// What a machine finds that lost its power: what was flushed, and of what was written since then any part.
    pub(super) fn after_power_cut(&self, seed: u64) -> Self {
        let state = self.0.0.lock();
        let mut draw = SmallRng::seed_from_u64(seed);
        let mut bytes = state.flushed.clone();
        bytes.resize(bytes.len().max(state.bytes.len()), 0);
        for (at, data) in &state.since {
            if draw.random_bool(0.5) {
                bytes[*at..at + data.len()].copy_from_slice(data);
            }
        }
        let found = State { flushed: bytes.clone(), bytes, ..State::default() };
        Self(Arc::new((Mutex::new(found), Condvar::new())))
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

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.used() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        let state = self.0.0.lock();
        out.copy_from_slice(state.bytes.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.0.lock();
        state.try_luck()?;
        let len = usize::try_from(len).unwrap();
        if len > state.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.bytes.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.0.lock();
        state.holding += 1;
        while state.held {
            self.0.1.wait(&mut state);
        }
        state.holding -= 1;
        state.try_luck()?;
        state.flushes += 1;
        state.flushed = state.bytes.clone();
        state.since.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        let mut state = self.0.0.lock();
        state.try_luck()?;
        state.bytes[at..at + data.len()].copy_from_slice(data);
        state.since.push((at, data.to_vec()));
        Ok(())
    }
}
