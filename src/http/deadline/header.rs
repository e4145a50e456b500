//! A header in which callers say how long they wait.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tokio::time::Instant;

use crate::context::{Deadline, nearest};
use crate::error::{By, Elapsed, Error};
use crate::http::digits;
use crate::time::{self, ReadOnce};

/// A header in which callers say how long they wait.
#[derive(Clone)]
pub(crate) struct DeadlineHeader {
    pub(crate) name: HeaderName,
    /// Reads a value, if it is readable.
    pub(crate) read: fn(&[u8]) -> Option<Duration>,
    /// Writes the time that is left, rounded down, if anything is left then.
    pub(crate) write: fn(Duration) -> Option<HeaderValue>,
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

/// Stands in the extensions of a request beside the [`Deadline`] that this value was written for.
///
/// A second layer would read the rounded value as a nearer deadline of the caller's, and a timeout of ours would count as the
/// caller's.
#[derive(Clone)]
struct Written(HeaderValue);

impl DeadlineHeader {
    pub(super) const fn millis(name: HeaderName) -> Self {
        Self { name, read: read_millis, write: write_millis, is_end: |_| false }
    }

    /// Writes the time that is left of the nearest deadline into the request.
    ///
    /// # Errors
    ///
    /// When no time is left.
    pub(super) fn carry<B>(&self, request: &mut Request<B>) -> Result<Carried, Elapsed> {
        let mut clock = ReadOnce::default();
        let stated = self.stated(request).map(|left| Deadline::at(time::after(clock.now(), left)));
        let brought = stated.into_iter().chain(request.extensions().get().copied()).min();
        // Of two equal deadlines the one that a timeout around ends is the lesser.
        let Some(end) = nearest(&mut clock).into_iter().chain(brought).min() else {
            request.headers_mut().remove(&self.name);
            return Ok(Carried { brought, told: None });
        };
        let began = clock.now();
        let left = end.at.saturating_duration_since(began);
        let value = (self.write)(left).ok_or_else(|| Elapsed::not_sent(left))?;
        request.extensions_mut().insert(Written(value.clone()));
        request.extensions_mut().insert(Deadline::at(end.at));
        request.headers_mut().insert(self.name.clone(), value);
        Ok(Carried { brought, told: Some(Told { end, began, is_end: self.is_end }) })
    }

    /// The shortest time that the request's header states, but for what this crate wrote.
    pub(crate) fn stated<B>(&self, request: &Request<B>) -> Option<Duration> {
        let written = request.extensions().get::<Written>();
        let values = request.headers().get_all(&self.name).iter();
        let foreign = values.filter(|value| written.is_none_or(|written| written.0 != *value));
        foreign.filter_map(|value| (self.read)(value.as_bytes())).min()
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

fn write_millis(left: Duration) -> Option<HeaderValue> {
    let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    (millis > 0).then(|| millis.into())
}
