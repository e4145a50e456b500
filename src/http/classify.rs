//! What an HTTP answer says about the service that gave it.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};

use super::{own_fault, retry_after::retry_after};
use crate::{Classify, DefaultClassifier, Error, Outcome, debug::debug_by_type};

/// Says by its status what an HTTP answer means.
///
/// | status | outcome |
/// |---|---|
/// | 408, 502, 504, and 503 without a readable `Retry-After` | `Transient` |
/// | 503 with one, and 429 | `Throttled`, with the pause that the service asks for |
/// | 501, 505 | `Ignored`: they tell what the service can do, not how it does |
/// | other 5xx | `Failed` |
/// | the rest | `Success` |
///
/// An error is `Transient`, but `Ignored` where it was the request's own fault. With the feature `hyper-util` or `reqwest` that is
/// known where its body failed, and of reqwest where it cannot be sent at all.
///
/// `Retry-After` is read as [RFC 9110, 10.2.3] has it, in seconds or as a date. A date is compared with the `Date` of the same
/// answer, so that the two clocks need not agree, and with the clock here only where there is none.
///
/// # Examples
///
/// ```
/// use http::StatusCode;
/// use palisade::{Outcome, RetryLayer, http::HttpClassifier};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// // A store that is read before it has caught up.
/// let early = |status| (status == StatusCode::NOT_FOUND).then_some(Outcome::Transient);
/// let retry = RetryLayer::builder("store").classify(HttpClassifier::new().overrides(early)).build()?;
/// # drop(retry);
/// # Ok(())
/// # }
/// ```
///
/// [RFC 9110, 10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
#[derive(Clone, Copy, Default)]
#[must_use]
pub struct HttpClassifier<F = ByTable> {
    overrides: F,
}

impl HttpClassifier {
    /// A classifier that goes by the table.
    pub const fn new() -> Self {
        Self { overrides: ByTable }
    }
}

impl<F> HttpClassifier<F> {
    /// Asks a function first; where it says `None`, the table decides.
    ///
    /// Set it where a service gives a status a meaning of its own. Where it says `Throttled` without a pause, the pause is still
    /// read from the answer. Defaults to the table alone.
    pub fn overrides<G: Fn(StatusCode) -> Option<Outcome>>(self, overrides: G) -> HttpClassifier<G> {
        HttpClassifier { overrides }
    }
}

impl<F: Overrides<StatusCode>> HttpClassifier<F> {
    fn classify_head(&self, head: Result<(StatusCode, &HeaderMap), &Error>) -> Outcome {
        match head {
            Ok((status, headers)) => self.outcome(status, headers),
            Err(error) if own_fault(error) => Outcome::Ignored,
            Err(_) => Outcome::Transient,
        }
    }

    fn outcome(&self, status: StatusCode, headers: &HeaderMap) -> Outcome {
        match self.overrides.outcome(status) {
            Some(Outcome::Throttled { retry_after: None }) => throttled(headers),
            Some(outcome) => outcome,
            None => by_status(status, headers),
        }
    }
}

impl<F: Overrides<StatusCode>, B> Classify<Response<B>> for HttpClassifier<F> {
    fn classify(&self, result: Result<&Response<B>, &Error>) -> Outcome {
        self.classify_head(result.map(|answer| (answer.status(), answer.headers())))
    }
}

#[cfg(feature = "reqwest")]
impl<F: Overrides<StatusCode>> Classify<reqwest::Response> for HttpClassifier<F> {
    fn classify(&self, result: Result<&reqwest::Response, &Error>) -> Outcome {
        self.classify_head(result.map(|answer| (answer.status(), answer.headers())))
    }
}

impl<F, B> ClassifyEnd<Response<B>> for HttpClassifier<F> where F: Overrides<StatusCode> {}

debug_by_type! { HttpClassifier<F> }

fn by_status(status: StatusCode, headers: &HeaderMap) -> Outcome {
    match status.as_u16() {
        408 | 502 | 504 => Outcome::Transient,
        429 => throttled(headers),
        503 => retry_after(headers).map_or(Outcome::Transient, throttled_for),
        501 | 505 => Outcome::Ignored,
        500..=599 => Outcome::Failed,
        _ => Outcome::Success,
    }
}

fn throttled(headers: &HeaderMap) -> Outcome {
    Outcome::Throttled { retry_after: retry_after(headers) }
}

const fn throttled_for(pause: Duration) -> Outcome {
    Outcome::Throttled { retry_after: Some(pause) }
}

/// Says also what the end of a body means.
///
/// Some protocols tell only there how a call went. Implemented by every closure that is a [`Classify`], for which the head
/// of an answer says all. So it is for types that implement this with no method of their own.
pub trait ClassifyEnd<Response>: Classify<Response> {
    /// Whether this head, a success, leaves the verdict to the end of the body.
    fn waits_for_end(&self, _head: &Response) -> bool {
        true
    }

    /// What the end of a body says, where the verdict was left to it.
    fn classify_end(&self, _trailers: Option<&HeaderMap>) -> Outcome {
        Outcome::Success
    }
}

impl<Response, F> ClassifyEnd<Response> for F where F: Fn(Result<&Response, &Error>) -> Outcome {}

impl<Response> ClassifyEnd<Response> for DefaultClassifier {}

/// Overrides a table. Implemented by every `Fn(K) -> Option<Outcome>`.
pub trait Overrides<K> {
    /// The outcome to take in place of the table's, if any.
    fn outcome(&self, key: K) -> Option<Outcome>;
}

impl<K, F: Fn(K) -> Option<Outcome>> Overrides<K> for F {
    fn outcome(&self, key: K) -> Option<Outcome> {
        self(key)
    }
}

/// Overrides nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByTable;

impl<K> Overrides<K> for ByTable {
    fn outcome(&self, _: K) -> Option<Outcome> {
        None
    }
}
