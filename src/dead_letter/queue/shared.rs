//! What the handles, the sinks and the replay of a queue share.

use std::fmt;
use std::sync::Arc; // no model checks a queue
use std::sync::atomic::AtomicBool; // no model checks a queue

use parking_lot::Mutex; // no model checks a queue
use tokio::sync::Notify;
use tower::BoxError;

use super::opened::Opened;
use super::record;
use crate::cached_arc::CachedArc;
use crate::caught::Panicked;
use crate::context::DeadLetterId;
use crate::dead_letter::letter::DeadLetter;
use crate::dead_letter::losses::Losses;
use crate::dead_letter::sink::WhenFull;
use crate::event::{self, Event};
use crate::registry::{Listed, Row, Sums};
use crate::setting::Setting;
use crate::state::letters::counted::Parked;
use crate::state::letters::{Bounds, Letters, Standing};
use crate::store::{Codec, StoreError};
use crate::time::Clock;

pub(in crate::dead_letter) struct Shared<Request> {
    pub(in crate::dead_letter) row: &'static Row,
    pub(super) opened: Opened,
    pub(super) codec: Arc<dyn Codec<Request>>,
    pub(super) key: Arc<dyn Fn(&Request) -> u64 + Send + Sync>,
    pub(super) bounds: Bounds,
    pub(super) when_full: WhenFull,
    pub(in crate::dead_letter) letters: Mutex<Letters>,
    /// Told when a letter may be replayed that could not be before.
    pub(in crate::dead_letter) news: Notify,
    /// Told when a letter is gone.
    pub(super) room: Notify,
    pub(super) losses: CachedArc<Losses>,
    pub(in crate::dead_letter) clock: Clock,
    /// Whether a replay runs.
    pub(in crate::dead_letter) is_replayed: AtomicBool,
}

impl<Request: 'static> Shared<Request> {
    /// Makes a letter of its record. A codec that panics cannot read it: otherwise one letter would keep the queue from being opened.
    pub(super) fn decode(&self, bytes: &[u8]) -> Result<DeadLetter<Request>, BoxError> {
        record::decode(bytes, |request| Panicked::catch(|| self.codec.decode(request))?)
    }

    /// Reads a letter. It is `None` where it is not in the store.
    pub(super) async fn read(&self, number: u64) -> Result<Option<Result<DeadLetter<Request>, BoxError>>, StoreError> {
        let bytes = self.opened.store.read(self.opened.space, &record::letter_key(number)).await?;
        Ok(bytes.map(|bytes| self.decode(&bytes)))
    }
}

impl<Request> Shared<Request> {
    pub(super) fn standing(&self) -> Standing {
        self.letters.lock().standing()
    }

    /// Counts and tells that a letter was parked.
    pub(super) fn tell_parked(&self, id: DeadLetterId, why: Parked) {
        self.row.count(why.word());
        event::tell(self.row.source, &Event::LetterParked { id, reason: why.as_str() });
    }
}

impl<Request> Listed for Shared<Request> {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let Bounds { capacity, max_bytes, max_replays } = self.bounds;
        vec![
            Setting::new("capacity", capacity),
            Setting::new("max_bytes", max_bytes),
            Setting::new("when_full", self.when_full.as_str()),
            Setting::new("max_replays", max_replays),
        ]
    }

    fn snapshot(&self) -> Vec<Setting> {
        let Standing { all, parked, bytes } = self.standing();
        vec![Setting::new("waiting", all - parked), Setting::new("parked", parked), Setting::new("bytes", bytes)]
    }

    fn gauges(&self, sums: &mut Sums) {
        let Standing { all, parked, bytes } = self.standing();
        let gauges = sums.of(self.row);
        gauges.add_count("waiting", all - parked);
        gauges.add_count("parked", parked);
        gauges.add_total("bytes", bytes);
    }
}

impl<Request> fmt::Debug for Shared<Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("name", &self.row.name())
            .field("standing", &self.standing())
            .finish_non_exhaustive()
    }
}
