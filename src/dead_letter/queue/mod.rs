//! A queue of letters in a store.

mod builder;
mod coming;
mod held;
mod opened;
mod record;
mod restore;
mod shared;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc; // no model checks a queue

use tower::BoxError;

pub use self::builder::{DeadLettersBuilder, OpenError};
pub(super) use self::held::Held;
pub(super) use self::shared::Shared;
use super::letter::DeadLetter;
use super::sink::{Sink, Storing, WhenFull};
use crate::context::DeadLetterId;
use crate::name::Name;
use crate::state::counts::share;
use crate::state::letters::counted::Parked;
use crate::state::letters::{Place, Standing};
use crate::store::{Codec, Store, StoreError};

/// A queue of letters in a [`Store`]: a sink, and a handle to look at the letters and to [replay](Self::replay) them.
///
/// Clones are the same queue.
pub struct DeadLetters<Request> {
    pub(super) shared: Arc<Shared<Request>>,
}

/// A letter as a queue lists it.
#[derive(Debug)]
#[non_exhaustive]
pub struct ListedLetter<Request> {
    /// Its id.
    pub id: DeadLetterId,
    /// Whether it is parked.
    pub is_parked: bool,
    /// How many of its replays failed.
    pub replays: u32,
    /// The letter, or why it cannot be read.
    pub letter: Result<DeadLetter<Request>, BoxError>,
}

impl<Request: 'static> DeadLetters<Request> {
    /// Starts to build a queue, which keeps its letters under this name, of 1 to 64 bytes, in a store.
    ///
    /// The codec makes bytes of requests: with the feature `serde` [`Json`](crate::store::Json), and `http::WholeRequest` for HTTP.
    pub fn builder(
        name: impl Into<Cow<'static, str>>,
        store: Arc<dyn Store>,
        codec: impl Codec<Request>,
    ) -> DeadLettersBuilder<Request> {
        DeadLettersBuilder::new(name.into(), store, codec)
    }

    /// The name of the queue.
    pub fn name(&self) -> Name {
        self.shared.row.name()
    }

    /// How many letters wait for their replay, or are being replayed.
    pub fn waiting(&self) -> usize {
        let Standing { all, parked, .. } = self.shared.standing();
        all - parked
    }

    /// How many letters are parked.
    pub fn parked(&self) -> usize {
        self.shared.standing().parked
    }

    /// How large all letters are together, in bytes, as they are stored.
    pub fn bytes(&self) -> u64 {
        self.shared.standing().bytes
    }

    /// A signal for a [`Mode`](crate::Mode): how full it is, by letters or by bytes. It is 1 where there is room for none.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<Request> {
        let letters = self.clone();
        move || {
            let (Standing { all, bytes, .. }, bounds) = (letters.shared.standing(), &letters.shared.bounds);
            let full = |count: u64, room: u64| if room == 0 { 1.0 } else { share(count, room) };
            full(all as u64, bounds.capacity as u64).max(full(bytes, bounds.max_bytes))
        }
    }

    /// Lists the letters that came after one, or the first, as they came: at most `limit` of them.
    ///
    /// Those that somebody removes meanwhile, and those that are being stored, are left out. A letter that is gone is as one before all.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(
        &self,
        after: Option<DeadLetterId>,
        limit: usize,
    ) -> Result<Vec<ListedLetter<Request>>, StoreError> {
        let listed: Vec<_> = {
            let letters = self.shared.letters.lock();
            let after = after.and_then(|id| letters.number_of(id.0));
            let are_there = letters.after(after).filter(|(_, letter)| letter.place != Place::Coming);
            are_there.take(limit).map(|(number, letter)| (number, *letter)).collect()
        };
        let mut list = Vec::with_capacity(listed.len());
        for (number, letter) in listed {
            if let Some(read) = self.shared.read(number).await? {
                let (id, is_parked) = (DeadLetterId(letter.id), letter.place == Place::Parked);
                list.push(ListedLetter { id, is_parked, replays: letter.replays, letter: read });
            }
        }
        Ok(list)
    }

    /// Takes a letter out of the queue. `None` if it is not there, or is being replayed.
    ///
    /// # Errors
    ///
    /// When the store fails, or the letter cannot be read. It stays in the queue then.
    pub async fn take(&self, id: DeadLetterId) -> Result<Option<DeadLetter<Request>>, StoreError> {
        let Some(held) = Held::of(&self.shared, id) else { return Ok(None) };
        let letter = held.read().await?.transpose().map_err(StoreError::failed)?;
        if letter.is_some() {
            held.remove().await?;
        } else {
            held.forget().await?;
        }
        Ok(letter)
    }

    /// Removes a letter. Returns whether it was there, and was not being replayed.
    ///
    /// # Errors
    ///
    /// When the store fails. It stays in the queue then.
    pub async fn remove(&self, id: DeadLetterId) -> Result<bool, StoreError> {
        let Some(held) = Held::of(&self.shared, id) else { return Ok(false) };
        held.remove().await?;
        Ok(true)
    }

    /// Sets a letter aside, so that it is not replayed. Returns whether it was waiting.
    ///
    /// # Errors
    ///
    /// When the store fails. It waits as before then.
    pub async fn park(&self, id: DeadLetterId) -> Result<bool, StoreError> {
        let Some(held) = Held::of(&self.shared, id).filter(|held| !held.is_parked()) else { return Ok(false) };
        held.park(Parked::ByHand).await?;
        Ok(true)
    }

    /// Lets a letter that was parked be replayed again, at its old place in the order. Returns whether it was parked.
    ///
    /// It is parked again once [`max_replays`](DeadLettersBuilder::max_replays) more replays have failed.
    ///
    /// # Errors
    ///
    /// When the store fails. It stays parked then.
    pub async fn unpark(&self, id: DeadLetterId) -> Result<bool, StoreError> {
        let Some(held) = Held::of(&self.shared, id).filter(Held::is_parked) else { return Ok(false) };
        held.unpark().await?;
        Ok(true)
    }
}

impl<Request: Send + 'static> Sink<Request> for DeadLetters<Request> {
    type Future = Storing;

    fn store(&self, letter: DeadLetter<Request>) -> Storing {
        Box::pin(Arc::clone(&self.shared).store(letter))
    }

    fn has(&self, id: DeadLetterId) -> bool {
        self.shared.letters.lock().number_of(id.0).is_some()
    }

    fn fails_calls(&self) -> bool {
        self.shared.when_full == WhenFull::Fail
    }
}

impl<Request> Clone for DeadLetters<Request> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<Request> fmt::Debug for DeadLetters<Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Standing { all, parked, bytes } = self.shared.standing();
        f.debug_struct("DeadLetters")
            .field("name", &self.shared.row.name())
            .field("waiting", &(all - parked))
            .field("parked", &parked)
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}
