//! What wakes the callers who share a call.
//!
//! A wake of the call wakes all who sleep. One that comes while a caller polls the call is told when that poll is over, because nobody
//! could poll it before that. So each wake wakes a caller once at most. Exact.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc; // a waker is made of the standard library's
use std::task::{Wake, Waker};

use super::ticket::Ticket;
use crate::sync::Mutex;

/// Where the callers of one call sleep, and what the call wakes.
#[derive(Debug)]
pub(super) struct Bell(Mutex<Ring>);

#[derive(Debug)]
struct Ring {
    /// Whether it was rung since a caller last polled the call. A new one is: the call does not know it yet.
    is_due: bool,
    /// Whether a caller polls the call, and has told it to ring here.
    is_polled: bool,
    asleep: BTreeMap<Ticket, Waker>,
}

/// Those to wake. They are foreign code: they run under no lock.
#[derive(Debug, Default)]
#[must_use = "who is not woken sleeps on"]
pub(crate) struct Asleep(BTreeMap<Ticket, Waker>);

impl Asleep {
    pub(crate) fn wake(self) {
        self.0.into_values().for_each(Waker::wake);
    }
}

impl Bell {
    /// With the caller who began the call, if it sleeps.
    pub(super) fn new(first: Option<Waker>) -> Self {
        let asleep = first.into_iter().map(|waker| (Ticket::FIRST, waker)).collect();
        Self(Mutex::new(Ring { is_due: true, is_polled: false, asleep }))
    }

    /// Whether the call is to be polled. If so, a caller does it now.
    pub(super) fn is_answered(&self) -> bool {
        let mut ring = self.0.lock();
        ring.is_polled = mem::take(&mut ring.is_due);
        ring.is_polled
    }

    /// A caller sleeps. Gives the waker that it had here before for the one that it has now.
    pub(super) fn put(&self, ticket: Ticket, waker: &mut Option<Waker>) {
        self.0.lock().put(ticket, waker);
    }

    /// A caller does not sleep any more.
    pub(super) fn remove(&self, ticket: Ticket) -> Option<Waker> {
        self.0.lock().asleep.remove(&ticket)
    }

    /// The call pends, and the caller who has polled it sleeps. `None` if the call was not told of the bell: then nobody sleeps.
    pub(super) fn pends(&self, ticket: Ticket, waker: &mut Option<Waker>) -> Option<Asleep> {
        let mut ring = self.0.lock();
        if !mem::take(&mut ring.is_polled) {
            return None;
        }
        ring.put(ticket, waker);
        Some(if ring.is_due { ring.take() } else { Asleep::default() })
    }

    /// Takes out all who sleep.
    pub(super) fn take(&self) -> Asleep {
        self.0.lock().take()
    }

    /// Rings.
    fn ring(&self) -> Asleep {
        let mut ring = self.0.lock();
        ring.is_due = true;
        if ring.is_polled { Asleep::default() } else { ring.take() }
    }
}

impl Ring {
    fn put(&mut self, ticket: Ticket, waker: &mut Option<Waker>) {
        *waker = waker.take().and_then(|waker| self.asleep.insert(ticket, waker));
    }

    fn take(&mut self) -> Asleep {
        Asleep(mem::take(&mut self.asleep))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring().wake();
    }
}
