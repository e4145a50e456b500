//! Those who hear the events. The process holds them, and no layer does.

use std::fmt;
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;

use super::Event;
use crate::source::Source;

/// Hears events. Implemented by every `Fn(Source<'_>, &Event<'_>)`.
pub trait Observe: Send + Sync + 'static {
    /// Hears an event of this instance.
    fn observe(&self, source: Source<'_>, event: &Event<'_>);
}

impl<F: Fn(Source<'_>, &Event<'_>) + Send + Sync + 'static> Observe for F {
    fn observe(&self, source: Source<'_>, event: &Event<'_>) {
        self(source, event);
    }
}

type Observers = Arc<[Arc<dyn Observe>]>;

/// Replaced whole at each change, so that observers are called under no lock. It is empty until the first observer comes. No
/// model checks it, and a static needs a constructor that is `const`: nothing here is `sync`'s.
static OBSERVERS: OnceLock<RwLock<Observers>> = OnceLock::new();

/// Lets an observer hear every event of every layer of this process, until the subscription is dropped.
pub fn observe(observer: impl Observe) -> Subscription {
    let observer: Arc<dyn Observe> = Arc::new(observer);
    let mut observers = OBSERVERS.get_or_init(|| RwLock::new(Arc::new([]))).write();
    *observers = observers.iter().cloned().chain([Arc::clone(&observer)]).collect();
    Subscription { observer }
}

/// Keeps an observer subscribed. Dropping it unsubscribes the observer; an event that is being told at that moment may still arrive.
#[must_use = "an observer hears until its subscription is dropped"]
pub struct Subscription {
    observer: Arc<dyn Observe>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(observers) = OBSERVERS.get() {
            let mut observers = observers.write();
            let others = observers.iter().filter(|other| !Arc::ptr_eq(other, &self.observer));
            let others: Observers = others.cloned().collect();
            let before = std::mem::replace(&mut *observers, others);
            drop(observers);
            // An observer is foreign code: it is dropped after the lock.
            drop(before);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// Whether there ever was an observer.
#[inline(always)]
pub(super) fn is_used() -> bool {
    OBSERVERS.get().is_some()
}

pub(super) fn hear(source: Source<'_>, event: &Event<'_>) {
    if let Some(observers) = OBSERVERS.get() {
        let observers = Arc::clone(&observers.read());
        observers.iter().for_each(|observer| observer.observe(source, event));
    }
}
