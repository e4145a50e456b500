//! Those who hear the events. The process holds them, and no layer does.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering}; // a static needs a constructor that is `const`
use std::{fmt, thread};

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

/// Replaced whole at each change, so that observers are called under no lock.
static OBSERVERS: RwLock<Option<Observers>> = RwLock::new(None);

/// Whether there are observers. A hint: it is read without the lock. No model checks it, and a static needs a constructor that is
/// `const`: it is not `sync`'s.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// Lets an observer hear every event of every layer of this process, until the subscription is dropped.
pub fn observe(observer: impl Observe) -> Subscription {
    let observer: Arc<dyn Observe> = Arc::new(observer);
    replace(|observers| observers.iter().chain([&observer]).cloned().collect());
    Subscription { observer }
}

fn replace(next: impl FnOnce(&[Arc<dyn Observe>]) -> Observers) {
    let mut observers = OBSERVERS.write();
    let next = next(observers.as_deref().unwrap_or_default());
    IS_USED.store(!next.is_empty(), Ordering::Relaxed);
    let before = observers.replace(next);
    drop(observers);
    // An observer is foreign code: it is dropped after the lock.
    drop(before);
}

/// Keeps an observer subscribed. Dropping it unsubscribes the observer; an event that is being told at that moment may still arrive.
#[must_use = "an observer hears until its subscription is dropped"]
pub struct Subscription {
    observer: Arc<dyn Observe>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let is_other = |other: &&Arc<dyn Observe>| !Arc::ptr_eq(other, &self.observer);
        replace(|observers| observers.iter().filter(is_other).cloned().collect());
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

/// Whether there are observers.
#[inline(always)]
pub(super) fn is_used() -> bool {
    IS_USED.load(Ordering::Relaxed)
}

/// Lets all observers hear, also after one that panics.
pub(super) fn hear(source: Source<'_>, event: &Event<'_>) {
    if !is_used() {
        return;
    }
    let observers = OBSERVERS.read().clone();
    let hear = |observer: &dyn Observe| catch_unwind(AssertUnwindSafe(|| observer.observe(source, event))).err();
    let all = observers.iter().flat_map(|observers| &**observers);
    let panic = all.fold(None, |first, observer| first.or(hear(&**observer)));
    // Where the thread is panicking already, a second panic would end the process.
    if let Some(panic) = panic.filter(|_| !thread::panicking()) {
        resume_unwind(panic);
    }
}
