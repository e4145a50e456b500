//! The settings of a queue, and how it is opened.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc; // no model checks a queue
use std::sync::atomic::AtomicBool; // no model checks a queue

use parking_lot::Mutex; // no model checks a queue
use tokio::sync::Notify;

use super::DeadLetters;
use super::opened::Opened;
use super::shared::Shared;
use crate::dead_letter::losses::Losses;
use crate::dead_letter::sink::WhenFull;
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::letters::{Bounds, Letters};
use crate::store::{Codec, Space, Store, StoreError};
use crate::time::Clock;

/// Opens a queue of letters, [`DeadLetters`].
#[must_use]
pub struct DeadLettersBuilder<Request> {
    name: Cow<'static, str>,
    store: Arc<dyn Store>,
    codec: Arc<dyn Codec<Request>>,
    key: Arc<dyn Fn(&Request) -> u64 + Send + Sync>,
    bounds: Bounds,
    when_full: WhenFull,
    registry: Registry,
}

/// Why a queue could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A setting is not legal.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A queue of this name is open in this store already.
    #[error("dead letters `{0}` are open already in this store: clone what was opened, or take another name")]
    Open(Name),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<Request> DeadLettersBuilder<Request> {
    pub(super) fn new(name: Cow<'static, str>, store: Arc<dyn Store>, codec: impl Codec<Request>) -> Self {
        let bounds = Bounds { capacity: 10_000, max_bytes: 64 * 1024 * 1024, max_replays: 5 };
        let (key, codec) = (Arc::new(|_: &Request| 0), Arc::new(codec));
        Self { name, store, codec, key, bounds, when_full: WhenFull::Lose, registry: Registry::global() }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { registry: registry.clone(), ..self }
    }

    /// Replays letters of the same key, a function of the request, in the order in which they came.
    ///
    /// Letters of different keys do not wait for each other. Set it to what the order matters for, such as the account. Defaults to one key
    /// for all letters, so that one letter is replayed at a time.
    pub fn key<K: Hash>(self, key: impl Fn(&Request) -> K + Send + Sync + 'static) -> Self {
        // Which hash it is does not matter: it is of this process alone. Two keys of one hash wait for each other.
        let hash = RandomState::new();
        Self { key: Arc::new(move |request| hash.hash_one(key(request))), ..self }
    }

    /// Keeps at most this many letters, those that are parked included.
    ///
    /// At least 1. Each takes some 300 bytes of memory while the queue is open, beside what the store takes. Defaults to 10,000.
    pub fn capacity(mut self, letters: usize) -> Self {
        self.bounds.capacity = letters;
        self
    }

    /// Keeps letters of at most this size together, in bytes, as they are stored.
    ///
    /// At least 1. A letter that alone is larger is lost. Defaults to 64 MiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.bounds.max_bytes = bytes;
        self
    }

    /// Sets what becomes of a letter for which there is no room. Defaults to [`WhenFull::Lose`].
    pub fn when_full(self, when_full: WhenFull) -> Self {
        Self { when_full, ..self }
    }

    /// Parks a letter once this many of its replays have failed.
    ///
    /// At least 1. A replay that was rejected does not count. Defaults to 5.
    pub fn max_replays(mut self, replays: u32) -> Self {
        self.bounds.max_replays = replays;
        self
    }

    fn check(&self) -> Result<Name, ConfigError> {
        let Bounds { capacity, max_bytes, max_replays } = self.bounds;
        let name = Name::new(self.name.clone()).map_err(|error| error.of(Kind::DeadLetter.as_str()))?;
        ConfigError::unless(capacity >= 1, "capacity", capacity, "at least 1")
            .and_then(|()| ConfigError::unless(max_bytes >= 1, "max_bytes", max_bytes, "at least 1"))
            .and_then(|()| ConfigError::unless(max_replays >= 1, "max_replays", max_replays, "at least 1"))
            .map_err(|error| error.named(name.as_str()).of(Kind::DeadLetter.as_str()))?;
        Ok(name)
    }

    /// Opens the queue, and reads where its letters stand.
    ///
    /// All letters are read once, so that their order keys are known. Those that cannot be read are parked, until a queue is opened that can
    /// read them. There may be more letters in the store than the queue takes: they stay.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, the queue is open already, or the store fails.
    pub async fn open(self) -> Result<DeadLetters<Request>, OpenError>
    where
        Request: Send + 'static,
    {
        let name = self.check()?;
        let Self { store, codec, key, bounds, when_full, registry, .. } = self;
        let opened = Opened::open(store, Space::new("dead_letter", name)).ok_or(OpenError::Open(name))?;
        let listing = registry.listing(Kind::DeadLetter, name);
        let shared = Arc::new(Shared {
            row: listing.row(),
            opened,
            codec,
            key,
            bounds,
            when_full,
            letters: Mutex::new(Letters::new(bounds)),
            news: Notify::new(),
            room: Notify::new(),
            losses: Losses::new(),
            clock: Clock::start(),
            is_replayed: AtomicBool::new(false),
        });
        shared.read_all().await?;
        listing.list(Arc::downgrade(&shared));
        Ok(DeadLetters { shared })
    }
}

impl<Request> Clone for DeadLettersBuilder<Request> {
    fn clone(&self) -> Self {
        let Self { name, store, codec, key, registry, .. } = self;
        Self {
            name: name.clone(),
            store: Arc::clone(store),
            codec: Arc::clone(codec),
            key: Arc::clone(key),
            registry: registry.clone(),
            ..*self
        }
    }
}

impl<Request> fmt::Debug for DeadLettersBuilder<Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLettersBuilder")
            .field("name", &self.name)
            .field("bounds", &self.bounds)
            .field("when_full", &self.when_full)
            .finish_non_exhaustive()
    }
}
