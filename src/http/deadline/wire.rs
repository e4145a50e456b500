//! What a request tells of its deadline, and what it is told.

use std::{fmt, time::Duration};

use http::{HeaderName, HeaderValue, Request, Response};
use tokio::time::Instant;

#[cfg(feature = "tonic")]
use crate::grpc::is_of_deadline;
use crate::{
    Deadline, Elapsed, Error,
    deadline::{Fixed, nearest},
    grpc::Code,
    http::digits,
    time,
};

/// A header that tells how long its sender waits.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) name: HeaderName,
    /// Reads a value, if it is readable.
    pub(crate) read: fn(&[u8]) -> Option<Duration>,
    /// Writes what is left, rounded down, if there is anything left then.
    pub(crate) write: fn(Duration) -> Option<HeaderValue>,
}

/// Stands in the extensions beside the [`Deadline`] of which this value was written.
///
/// The value is rounded down, so a second layer would take it for a nearer deadline, and for the caller's own. That must not
/// be made of a timeout around.
#[derive(Clone)]
struct Written(HeaderValue);

/// The deadlines of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    pub(super) brought: Option<Deadline>,
    /// What the header told the service below, and when.
    end: Option<(Fixed, Instant)>,
}

impl Carried {
    /// How the call ends, where a client or a server that reads the header too has ended it by that: it says nothing about the
    /// service. With a moment, it is told only then: before, the timeout around ends the call.
    pub(super) fn ended<B>(&self, result: Result<&Response<B>, &Error>) -> Option<(Elapsed, Option<Instant>)> {
        let is_by_header = result.map_or_else(is_of_deadline, |head| Code::is_of_deadline(head.headers()));
        let (end, began) = self.end.filter(|_| is_by_header)?;
        let now = time::now();
        (now + Duration::from_millis(1) >= end.at).then_some(())?;
        // The call may have moved from under that timeout, to a task of its own or to others who share it.
        let is_ended_around = nearest(|| now).is_some_and(|around| around.enforced && around.at <= end.at);
        let told_at = (end.enforced && is_ended_around).then(|| now.max(end.at) + AFTER_TIMEOUT);
        Some((Elapsed::new(end.at - began, now - began, true), told_at))
    }
}

/// More than the timer's millisecond: the timeout around comes first.
const AFTER_TIMEOUT: Duration = Duration::from_millis(2);

/// Without tonic nobody ends a call by the header.
#[cfg(not(feature = "tonic"))]
const fn is_of_deadline(_: &Error) -> bool {
    false
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wire").field(&self.name).finish()
    }
}

impl Wire {
    pub(super) const fn millis(name: HeaderName) -> Self {
        Self { name, read: read_millis, write: write_millis }
    }

    /// Writes what is left of the nearest deadline into the request; tells the one that the request itself brought.
    ///
    /// # Errors
    ///
    /// When no time is left.
    pub(super) fn carry<B>(&self, request: &mut Request<B>) -> Result<Carried, Elapsed> {
        let stated = self.stated(request);
        let mut now = None;
        let around = nearest(|| *now.get_or_insert_with(time::now));
        let mut now = || *now.get_or_insert_with(time::now);
        let brought = stated.map(|left| Deadline::at(time::after(now(), left)));
        let brought = brought.into_iter().chain(request.extensions().get().copied()).min();
        // Of two that are equal the one around, which a timeout may enforce.
        let end = around.into_iter().chain(brought.map(Fixed::from)).min_by_key(|fixed| fixed.at);
        match end {
            None => drop(request.headers_mut().remove(&self.name)),
            Some(end) => self.put(request, end, now())?,
        }
        Ok(Carried { brought, end: end.map(|end| (end, now())) })
    }

    /// The least time that the header states, not by our own hand.
    pub(crate) fn stated<B>(&self, request: &Request<B>) -> Option<Duration> {
        let written = request.extensions().get::<Written>();
        let values = request.headers().get_all(&self.name).iter();
        let foreign = values.filter(|value| written.is_none_or(|written| written.0 != *value));
        foreign.filter_map(|value| (self.read)(value.as_bytes())).min()
    }

    fn put<B>(&self, request: &mut Request<B>, end: Fixed, now: Instant) -> Result<(), Elapsed> {
        let left = end.at.saturating_duration_since(now);
        // Not sent, it says nothing about the service, whosoever the deadline is.
        let late = || Elapsed::new(left, Duration::ZERO, true);
        let value = (self.write)(left).ok_or_else(late)?;
        request.extensions_mut().insert(Written(value.clone()));
        request.extensions_mut().insert(Deadline::at(end.at));
        request.headers_mut().insert(self.name.clone(), value);
        Ok(())
    }
}

fn read_millis(value: &[u8]) -> Option<Duration> {
    digits(value.trim_ascii()).map(Duration::from_millis)
}

fn write_millis(left: Duration) -> Option<HeaderValue> {
    let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    (millis > 0).then(|| millis.into())
}
