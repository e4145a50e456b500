//! A header in which callers say how long they wait.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tokio::time::Instant;

use crate::context::{Deadline, nearest};
use crate::error::{By, Elapsed, Error};
use crate::http::digits;
use crate::http::headers::set;
use crate::time::{self, ReadOnce};

/// A header in which callers say how long they wait.
#[derive(Clone)]
pub(crate) struct DeadlineHeader {
    pub(crate) name: HeaderName,
    /// Reads a value, if it is readable.
    pub(crate) read: fn(&[u8]) -> Option<Duration>,
    /// The least time that a value can tell.
    pub(crate) unit: Duration,
    /// Writes the time that is left, which is a unit at least. What is rounded off is a unit, or one part in 100,000, at most.
    pub(crate) write: fn(Duration) -> HeaderValue,
    /// Whether a client or a server that ends calls by this header itself gives such a head or error.
    pub(crate) is_end: IsEnd,
}

type IsEnd = fn(Result<&HeaderMap, &Error>) -> bool;

/// The deadlines of one call.
pub(super) struct Carried {
    /// The deadline that the request itself brought.
    pub(super) brought: Option<Deadline>,
    pub(super) told: Option<Told>,
}

/// A deadline that the inner service was told in a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    end: Deadline,
    began: Instant,
    is_end: IsEnd,
}

/// More than the timer's millisecond, so that the timeout around comes first.
const AFTER_TIMEOUT: Duration = Duration::from_millis(2);

impl Told {
    /// The end of a call that a client or a server has ended by the header itself. It says nothing about the service.
    ///
    /// With a moment, the end is returned only then. Before that, the timeout around ends the call.
    pub(super) fn ended<B>(self, result: Result<&Response<B>, &Error>) -> Option<(Elapsed, Option<Instant>)> {
        let (mut clock, end) = (ReadOnce::default(), self.end.at);
        if !(self.is_end)(result.map(Response::headers)) || clock.now() + Duration::from_millis(1) < end {
            return None;
        }
        // The call may have been moved from under that timeout, to a task of its own or to others that share it.
        let is_ended_around = nearest(&mut clock).is_some_and(|around| !around.by_caller && around.at <= end);
        let over_at = (!self.end.by_caller && is_ended_around).then(|| clock.now().max(end) + AFTER_TIMEOUT);
        Some((Elapsed::new(end - self.began, clock.now() - self.began, By::Caller), over_at))
    }
}

impl DeadlineHeader {
    pub(super) const fn millis(name: HeaderName) -> Self {
        let write = |left: Duration| u64::try_from(left.as_millis()).unwrap_or(u64::MAX).into();
        Self { name, read: read_millis, unit: Duration::from_millis(1), write, is_end: |_| false }
    }

    /// Returns the deadlines of a call, and writes the nearest into the request if the header is told here.
    ///
    /// # Errors
    ///
    /// When no time is left.
    pub(super) fn carry<B>(&self, request: &mut Request<B>, is_told: bool) -> Result<Carried, Elapsed> {
        let mut clock = ReadOnce::default();
        let brought = self.brought(request, &mut clock);
        // Of two equal deadlines the one that a timeout around ends is the lesser.
        let Some(end) = nearest(&mut clock).into_iter().chain(brought).min() else {
            request.headers_mut().remove(&self.name);
            return Ok(Carried { brought, told: None });
        };
        let began = clock.now();
        let left = end.at.saturating_duration_since(began);
        if left < self.unit {
            return Err(Elapsed::not_sent(left));
        }
        if is_told {
            set(request.headers_mut(), &self.name, (self.write)(left));
            note(request, Deadline::at(end.at));
        } else if let Some(brought) = brought {
            note(request, brought);
        }
        Ok(Carried { brought, told: Some(Told { end, began, is_end: self.is_end }) })
    }

    /// The nearest deadline that the request brings, in its header or in its extensions.
    pub(crate) fn brought<B>(&self, request: &Request<B>, clock: &mut ReadOnce) -> Option<Deadline> {
        let noted: Option<Deadline> = request.extensions().get().copied();
        let Some(left) = self.stated(request.headers()) else { return noted };
        let stated = Deadline::at(time::after(clock.now(), left));
        // What this crate wrote is the deadline beside it, rounded down. As a nearer one, it would be the caller's where ours ends.
        let rounded_off = self.unit.max(left / 100_000);
        let is_rounded = |noted: &Deadline| time::after(stated.at, rounded_off) > noted.at;
        Some(noted.filter(is_rounded).unwrap_or(stated))
    }

    /// The shortest time that the header states.
    fn stated(&self, headers: &HeaderMap) -> Option<Duration> {
        headers.get_all(&self.name).iter().filter_map(|value| (self.read)(value.as_bytes())).min()
    }
}

/// Notes a deadline in the extensions of a request, where it is for all attempts of a call.
pub(crate) fn note<B>(request: &mut Request<B>, deadline: Deadline) {
    // What stands there already is not boxed anew.
    if request.extensions().get() != Some(&deadline) {
        request.extensions_mut().insert(deadline);
    }
}

impl fmt::Debug for DeadlineHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeadlineHeader").field(&self.name).finish()
    }
}

fn read_millis(value: &[u8]) -> Option<Duration> {
    digits(value.trim_ascii()).map(Duration::from_millis)
}
