//! A letter that is being replayed, or that somebody does something with.

use std::sync::Arc; // no model checks a queue

use tower::BoxError;

use super::record::{self, Mark};
use super::shared::Shared;
use crate::context::DeadLetterId;
use crate::dead_letter::letter::DeadLetter;
use crate::state::letters::Place;
use crate::state::letters::counted::{Loss, Parked};
use crate::store::{Batch, StoreError};
use crate::time::Nanos;

/// A letter that nobody else does anything with. Dropped, it goes back to where it was.
pub(in crate::dead_letter) struct Held<Request> {
    shared: Arc<Shared<Request>>,
    number: u64,
    back_to: Place,
    /// Whether the service that replays it runs now. What is dropped then is dropped by a panic of that service.
    pub(in crate::dead_letter) is_served: bool,
}

impl<Request: 'static> Held<Request> {
    /// One that [`Letters::next`](crate::state::letters::Letters::next) gave.
    pub(in crate::dead_letter) const fn next(shared: Arc<Shared<Request>>, number: u64) -> Self {
        Self { shared, number, back_to: Place::Waiting, is_served: false }
    }

    /// The letter of this id, if it waits or is parked.
    pub(super) fn of(shared: &Arc<Shared<Request>>, id: DeadLetterId) -> Option<Self> {
        let mut letters = shared.letters.lock();
        let number = letters.number_of(id.0)?;
        let back_to = letters.hold(number)?;
        drop(letters);
        Some(Self { shared: Arc::clone(shared), number, back_to, is_served: false })
    }

    pub(super) const fn is_parked(&self) -> bool {
        matches!(self.back_to, Place::Parked)
    }

    /// Reads it. It is `None` where it never came into the store.
    pub(in crate::dead_letter) async fn read(
        &self,
    ) -> Result<Option<Result<DeadLetter<Request>, BoxError>>, StoreError> {
        self.shared.read(self.number).await
    }

    /// Removes it, whether it is in the store or not.
    pub(in crate::dead_letter) async fn remove(self) -> Result<(), StoreError> {
        self.shared.opened.store.write(self.shared.removal(Batch::new(), self.number)).await?;
        self.shared.letters.lock().remove(self.number);
        self.shared.room.notify_one();
        Ok(())
    }

    /// Forgets one that is not in the store, and tells it if it was removed there to make room.
    pub(in crate::dead_letter) async fn forget(self) -> Result<(), StoreError> {
        let (shared, number) = (Arc::clone(&self.shared), self.number);
        let was_evicted = shared.letters.lock().is_doubted(number);
        self.remove().await?;
        if was_evicted {
            shared.losses.lose(shared.row, Loss::Evicted, None);
        }
        Ok(())
    }

    /// Parks it.
    pub(in crate::dead_letter) async fn park(mut self, why: Parked) -> Result<(), StoreError> {
        let id = self.shared.letters.lock().get(self.number).map(|letter| (letter.id, letter.replays));
        let Some((id, replays)) = id else { return Ok(()) };
        let replays = replays.saturating_add(u32::from(why == Parked::Failed));
        // One that cannot be read is left as it is: a process that can read it may replay it.
        if why != Parked::Unreadable {
            self.mark(Mark { replays, is_parked: true }).await?;
        }
        self.shared.letters.lock().note(self.number, replays, Nanos(0));
        self.back_to = Place::Parked;
        self.shared.tell_parked(DeadLetterId(id), why);
        Ok(())
    }

    /// Lets it be replayed from the beginning.
    pub(super) async fn unpark(mut self) -> Result<(), StoreError> {
        self.mark(Mark::default()).await?;
        self.shared.letters.lock().note(self.number, 0, Nanos(0));
        self.back_to = Place::Waiting;
        Ok(())
    }

    async fn mark(&self, mark: Mark) -> Result<(), StoreError> {
        let Shared { opened, .. } = &*self.shared;
        opened.store.write(Batch::new().put(opened.space, record::mark_key(self.number), mark.encode())).await
    }

    /// Lets it wait for this long, after a replay that was not sent.
    pub(in crate::dead_letter) fn wait(self, pause: Nanos) {
        self.wait_after(self.replays(), pause);
    }

    /// Lets it wait for this long after a replay that failed, unless it was the last.
    pub(in crate::dead_letter) async fn failed(self, pause: impl FnOnce(u32) -> Nanos) -> Result<(), StoreError> {
        if self.shared.letters.lock().is_last(self.number) {
            return self.park(Parked::Failed).await;
        }
        let replays = self.replays().saturating_add(1);
        let written = self.mark(Mark { replays, is_parked: false }).await;
        self.wait_after(replays, pause(replays - 1));
        written
    }

    fn replays(&self) -> u32 {
        self.shared.letters.lock().get(self.number).map_or(0, |letter| letter.replays)
    }

    fn wait_after(&self, replays: u32, pause: Nanos) {
        let due = self.shared.clock.now().saturating_add(pause);
        self.shared.letters.lock().note(self.number, replays, due);
    }
}

impl<Request> Drop for Held<Request> {
    fn drop(&mut self) {
        if self.is_served {
            // A letter that makes the service panic must not do so for ever. Nothing can be written here, so this much is remembered.
            let mut letters = self.shared.letters.lock();
            if letters.is_last(self.number) {
                self.back_to = Place::Parked;
            }
            let replays = letters.get(self.number).map_or(0, |letter| letter.replays);
            letters.note(self.number, replays.saturating_add(1), Nanos(0));
        }
        self.shared.letters.lock().put(self.number, self.back_to);
        self.shared.news.notify_one();
    }
}
