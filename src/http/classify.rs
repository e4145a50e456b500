//! What an HTTP response says about the service that sent it.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};

use super::causes::own_fault;
use super::retry_after::retry_after;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::outcome::{Classify, DefaultClassifier, Outcome};

/// Classifies HTTP responses by their status.
///
/// | status | outcome |
/// |---|---|
/// | 408, 502, 504, and 503 without a readable `Retry-After` | `Transient` |
/// | 429, and 503 with a readable `Retry-After` | `Throttled`, with the pause that the service asks for |
/// | 501, 505 | `Ignored`: they say what the service supports, not how well it is |
/// | other 5xx | `Failed` |
/// | the rest | `Success` |
///
/// An error is `Transient`, or `Ignored` if it is the request's own fault. With the feature `hyper-util` or `reqwest` that is
/// known if the request's body failed, or if the request cannot be sent at all: it has no host, a scheme or a version that the
/// client does not speak, a `CONNECT` that is not one, or headers that are far too large for HTTP/2. With `tonic` it is known over
/// HTTP/2 only.
///
/// A server may end a whole connection of HTTP/2 because of such headers. All requests with which it had not begun then have the
/// same error, and are `Ignored`. [`RetryLayer::http`](crate::RetryLayer::http) sends those again whose head has at most 8 KiB as
/// it knows it, with the URI. From nginx, the request with the headers has the error of a connection that broke, so it is `Transient`.
///
/// `Retry-After` is read as in [RFC 9110, 10.2.3], in seconds or as a date. A date is compared with the `Date` of the same
/// response, so that the two clocks need not agree. The local clock is used only where there is no readable `Date`.
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
    /// Makes a classifier that goes by the table.
    pub const fn new() -> Self {
        Self { overrides: ByTable }
    }
}

impl<F> HttpClassifier<F> {
    /// Asks a function first; where it returns `None`, the table decides.
    ///
    /// Set it where a service gives a status a meaning of its own. Where the function returns `Throttled` without a pause, the
    /// pause is still read from the response. Defaults to the table alone.
    pub fn overrides<G: Fn(StatusCode) -> Option<Outcome>>(self, overrides: G) -> HttpClassifier<G> {
        HttpClassifier { overrides }
    }
}

impl<F: Overrides<StatusCode>> HttpClassifier<F> {
    pub(crate) fn classify_head(&self, head: Result<(StatusCode, &HeaderMap), &Error>) -> Outcome {
        match head {
            Ok((status, headers)) => overridden(&self.overrides, status, || retry_after(headers))
                .unwrap_or_else(|| by_status(status, headers)),
            Err(error) if own_fault(error) => Outcome::Ignored,
            Err(_) => Outcome::Transient,
        }
    }
}

impl<F: Overrides<StatusCode>, B> Classify<Response<B>> for HttpClassifier<F> {
    fn classify(&self, result: Result<&Response<B>, &Error>) -> Outcome {
        self.classify_head(result.map(|response| (response.status(), response.headers())))
    }
}

impl<F, B> ClassifyEnd<Response<B>> for HttpClassifier<F> where F: Overrides<StatusCode> {}

debug_by_type! { HttpClassifier<F> }

#[inline]
fn by_status(status: StatusCode, headers: &HeaderMap) -> Outcome {
    match status.as_u16() {
        408 | 502 | 504 => Outcome::Transient,
        429 => Outcome::Throttled { retry_after: retry_after(headers) },
        503 => match retry_after(headers) {
            None => Outcome::Transient,
            retry_after => Outcome::Throttled { retry_after },
        },
        501 | 505 => Outcome::Ignored,
        500..=599 => Outcome::Failed,
        _ => Outcome::Success,
    }
}

/// Classifies a call also by the end of the response's body.
///
/// Some protocols tell only there how a call went. Every closure that is a [`Classify`] implements it, and goes by the head
/// alone. So does a type that implements it without methods of its own.
pub trait ClassifyEnd<Response>: Classify<Response> {
    /// Whether a response with this head, which is a success so far, is judged by the end of its body.
    fn waits_for_end(&self, _head: &Response) -> bool {
        true
    }

    /// Classifies the end of a body, with its trailers if it had any.
    fn classify_end(&self, _trailers: Option<&HeaderMap>) -> Outcome {
        Outcome::Success
    }
}

impl<Response, F> ClassifyEnd<Response> for F where F: Fn(Result<&Response, &Error>) -> Outcome {}

impl<Response> ClassifyEnd<Response> for DefaultClassifier {}

/// Overrides a table. Every `Fn(K) -> Option<Outcome>` implements it.
pub trait Overrides<K> {
    /// The outcome to take in place of the table's, if any.
    fn outcome(&self, key: K) -> Option<Outcome>;
}

impl<K, F: Fn(K) -> Option<Outcome>> Overrides<K> for F {
    fn outcome(&self, key: K) -> Option<Outcome> {
        self(key)
    }
}

/// The outcome to take in place of a table's. A pause that it leaves open is the response's own.
pub(crate) fn overridden<K>(
    overrides: &impl Overrides<K>,
    key: K,
    pause: impl FnOnce() -> Option<Duration>,
) -> Option<Outcome> {
    overrides.outcome(key).map(|outcome| match outcome {
        Outcome::Throttled { retry_after: None } => Outcome::Throttled { retry_after: pause() },
        outcome => outcome,
    })
}

/// Overrides nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByTable;

impl<K> Overrides<K> for ByTable {
    fn outcome(&self, _: K) -> Option<Outcome> {
        None
    }
}
