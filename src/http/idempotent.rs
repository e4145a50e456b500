//! Which HTTP requests may be sent twice.

use http::{HeaderValue, Method, Request};

use super::causes::{is_unprocessed, not_sent};
use super::replay::Begun;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::hedge::HedgeIf;
use crate::retry::RetryIf;

const IDEMPOTENT: [Method; 6] =
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE];

/// Allows a retry if the request may arrive twice, or did not arrive.
///
/// That is true of a request
///
/// - whose method is idempotent ([RFC 9110, 9.2.2]): GET, HEAD, OPTIONS, TRACE, PUT and DELETE;
/// - that carries an `Idempotency-Key` which is not empty;
/// - whose error says that the service did not begin with it, over HTTP/2;
/// - whose error says that it was [not sent](not_sent()). Under [`RetryLayer::http`](crate::RetryLayer::http) that is believed only
///   if nobody below had asked for the request's body yet, because the error may be about the connection to which a redirect led.
///   A service that drops the body unread is not seen to send the request.
///
/// As the [`hedge_if`](crate::HedgeBuilder::hedge_if) of a hedge it goes by the method and the key alone: no error is known yet.
///
/// # Examples
///
/// ```
/// use palisade::{RetryLayer, http::{HttpClassifier, Idempotent}};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let retry = RetryLayer::builder("payments").classify(HttpClassifier::new()).retry_if(Idempotent::new()).build()?;
/// # drop(retry);
/// # Ok(())
/// # }
/// ```
///
/// [RFC 9110, 9.2.2]: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
#[derive(Clone, Copy)]
#[must_use]
pub struct Idempotent<N = fn(&Error) -> bool> {
    not_sent: N,
}

impl Idempotent {
    /// Goes by the request, and by [`not_sent`](not_sent()).
    pub const fn new() -> Self {
        Self { not_sent: |_| false }
    }
}

impl<N> Idempotent<N> {
    /// Asks a function whether an error says that nothing was sent, where [`not_sent`](not_sent()) cannot tell.
    ///
    /// Set it for the errors of your own client. Defaults to a function that always returns `false`.
    pub fn not_sent<M: Fn(&Error) -> bool>(self, not_sent: M) -> Idempotent<M> {
        Idempotent { not_sent }
    }
}

impl Default for Idempotent {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Fn(&Error) -> bool, B, Response> RetryIf<Request<B>, Response> for Idempotent<N> {
    fn allows(&self, kept: &Request<B>, result: Result<&Response, &Error>) -> bool {
        may_arrive_twice(kept) || result.is_err_and(|error| was_not_sent(kept, error) || (self.not_sent)(error))
    }
}

impl<N, B> HedgeIf<Request<B>> for Idempotent<N> {
    fn allows(&self, request: &Request<B>) -> bool {
        may_arrive_twice(request)
    }
}

debug_by_type! { Idempotent<N> }

/// Whether an error says that the service did not begin with the request, or that it was not sent and nobody has asked for its body.
pub(super) fn was_not_sent<B>(request: &Request<B>, error: &Error) -> bool {
    let is_begun = || request.extensions().get().is_some_and(Begun::get);
    is_unprocessed(error) || not_sent(error) && !is_begun()
}

/// Whether the request may arrive twice: by its method, or because the service recognizes it by a key.
pub(super) fn may_arrive_twice<B>(request: &Request<B>) -> bool {
    let is_key = |value: &HeaderValue| !value.as_bytes().trim_ascii().is_empty();
    IDEMPOTENT.contains(request.method()) || request.headers().get_all("idempotency-key").iter().any(is_key)
}
