//! A letter on its way into the store.

use std::mem;
use std::sync::Arc; // no model checks a queue

use super::record;
use super::shared::Shared;
use crate::dead_letter::letter::DeadLetter;
use crate::dead_letter::lost::Lost;
use crate::dead_letter::sink::WhenFull;
use crate::state::letters::counted::Loss;
use crate::state::letters::{Letter, NoRoom, Place};
use crate::store::{Batch, StoreError};

/// A letter on its way into the store, and those that make room for it.
///
/// Dropped before that is done, the letters stay as if nothing had been written. Who comes to a letter that is not in the store forgets it.
struct Coming<Request> {
    shared: Arc<Shared<Request>>,
    number: u64,
    evicted: Vec<(u64, Letter)>,
    is_lost: bool,
}

impl<Request: 'static> Shared<Request> {
    /// Stores a letter. Waits for room if that is set.
    pub(super) async fn store(self: Arc<Self>, letter: DeadLetter<Request>) -> Result<(), Lost> {
        let request = self.codec.encode(&letter.request).map_err(Lost::NotEncoded)?;
        let (bytes, key, id) = (record::encode(&letter, &request), (self.key)(&letter.request), letter.id.0);
        drop((letter, request));
        let coming = self.make_room(id, key, bytes.len() as u64).await?;
        let batch = Batch::new().put(self.opened.space, record::letter_key(coming.number), bytes);
        let batch = coming.evicted.iter().fold(batch, |batch, (number, _)| self.removal(batch, *number));
        coming.settle(self.opened.store.write(batch).await)
    }

    /// Adds to a batch that a letter is removed.
    pub(super) fn removal(&self, batch: Batch, number: u64) -> Batch {
        let space = self.opened.space;
        batch.remove(space, record::letter_key(number)).remove(space, record::mark_key(number))
    }

    async fn make_room(self: &Arc<Self>, id: u128, key: u64, size: u64) -> Result<Coming<Request>, Lost> {
        let mut before = None;
        loop {
            let gone = self.letters.lock().gone();
            match self.try_make_room(id, key, size) {
                Ok(coming) => return Ok(coming),
                Err(NoRoom::TooLarge) => return Err(Lost::TooLarge { bytes: size }),
                Err(NoRoom::Full) if self.when_full == WhenFull::Wait => {
                    // Each passes it on once after letters have gone, so that this ends.
                    if before.replace(gone).is_some_and(|before| before != gone) {
                        self.pass_on();
                    }
                    self.room.notified().await;
                }
                Err(NoRoom::Full) => return Err(Lost::Full),
            }
        }
    }

    /// Tells another that waits of room that is too small for the one that was told.
    fn pass_on(&self) {
        if self.letters.lock().has_place() {
            self.room.notify_one();
        }
    }

    fn try_make_room(self: &Arc<Self>, id: u128, key: u64, size: u64) -> Result<Coming<Request>, NoRoom> {
        let mut letters = self.letters.lock();
        let mut evicted = Vec::new();
        let number = letters.admit(id, key, size).or_else(|why| match why {
            NoRoom::Full if self.when_full == WhenFull::Oldest => {
                evicted = letters.evict(size);
                letters.admit(id, key, size)
            }
            _ => Err(why),
        })?;
        Ok(Coming { shared: Arc::clone(self), number, evicted, is_lost: false })
    }
}

impl<Request> Coming<Request> {
    fn settle(mut self, written: Result<(), StoreError>) -> Result<(), Lost> {
        match written {
            Ok(()) => {
                for _ in mem::take(&mut self.evicted) {
                    self.shared.losses.lose(self.shared.row, Loss::Evicted, None);
                }
                Ok(())
            }
            Err(error) => {
                self.is_lost = true;
                Err(Lost::Store(error))
            }
        }
    }
}

impl<Request> Drop for Coming<Request> {
    fn drop(&mut self) {
        let mut letters = self.shared.letters.lock();
        for (number, letter) in self.evicted.drain(..) {
            if self.is_lost {
                letters.restore(number, letter);
            } else {
                letters.doubt(number, letter);
            }
        }
        if self.is_lost {
            letters.remove(self.number);
        } else {
            letters.put(self.number, Place::Waiting);
        }
        drop(letters);
        self.shared.news.notify_one();
        // Another may fit too: of those that wait for room, one was told when some came free.
        self.shared.room.notify_one();
    }
}
