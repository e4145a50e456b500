//! Replicas that are found, and lost, while the service runs.

use std::sync::Arc;
use std::task::{Context, Poll};

use tower::discover::Change;

use super::discover::Found;
use super::replica::Replica;
use super::set::Sets;
use crate::error::Error;
use crate::event::{Event, ReplicaEvent};

/// How many changes are taken at once.
const AT_ONCE: usize = 1_000;

impl<S: Clone> Sets<S> {
    /// Takes what was found since. Where another clone does so at the moment, nothing is left to do.
    pub(super) fn poll_found(&self, cx: &mut Context<'_>) {
        let taken = self.found.try_lock().and_then(|mut found| found.take());
        if let Some(found) = taken.and_then(|found| self.take_from(found, cx)) {
            *self.found.lock() = Some(found);
        }
    }

    /// Takes changes until there are none, or one is an error. Gives back what finds them, until its end.
    fn take_from(&self, mut found: Found<S>, cx: &mut Context<'_>) -> Option<Found<S>> {
        for _ in 0..AT_ONCE {
            let Poll::Ready(news) = found(cx) else { return Some(found) };
            let Some(news) = news else {
                self.tell_failed(None);
                return None;
            };
            if let Err(error) = news.and_then(|change| self.take(change)) {
                self.tell_failed(Some(&error));
                return Some(found);
            }
        }
        cx.waker().wake_by_ref();
        Some(found)
    }

    fn take(&self, change: Change<Arc<str>, S>) -> Result<(), Error> {
        match change {
            // One of the same name goes: it is a replica of its own.
            Change::Insert(name, service) => {
                self.replace(Replica::new(name, service)).map_err(|error| Error::Service(error.into()))
            }
            Change::Remove(name) => {
                self.core.remove(&name);
                Ok(())
            }
        }
    }

    fn tell_failed(&self, error: Option<&Error>) {
        self.core.told.tell(self.core.row.source, &Event::Replicas(ReplicaEvent::DiscoverFailed { error }));
    }
}
