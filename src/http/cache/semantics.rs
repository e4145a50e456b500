//! Responses of HTTP that are kept as RFC 9111 says.

use std::time::Duration;

use http::header::HOST;
use http::{Method, Request, Response};
use http_body::Body;
use tokio::time::Instant;
use tower::BoxError;

use super::directives::Directives;
use super::judged::{Judged, Silent, date, judge};
use super::kept::{Kept, What};
use super::key::HttpKey;
use super::reading::Reading;
use crate::cache::{Around, Fork, Keep, Keyed, Look, Place, Recall, is_failure};
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::http::classify::HttpClassifier;
use crate::http::coalesce::{OWN, SharedBody, take_deadline};
use crate::outcome::Classify;
use crate::time;

/// How long each request makes a call of its own after a response that is not shared.
const ALONE_FOR: Duration = Duration::from_secs(10);

/// Keeps responses of HTTP as RFC 9111 lets a shared cache do, by the crate `http-cache-semantics`.
///
/// Only `GET` and `HEAD` requests without a body, a range, a condition or an upgrade look for what is kept, by their method, URI and `Host`
/// and by the headers that the response names in `Vary`. All others pass: the service itself answers ranges and conditions, so a 206 or a
/// 304 is never kept, and a `HEAD` is kept beside its `GET`. Responses are kept with the statuses 200, 203, 204, 301 and 308; see
/// [`negative`](crate::CacheBuilder::negative) for 404 and 410. What is said here of how long a response is of use is in the order of
/// what counts:
///
/// | a response | |
/// |---|---|
/// | `private`, `no-store`, `no-cache`, `Set-Cookie`, `Vary: *`; or a request with `no-store` | is not kept, and only its caller gets it |
/// | to a request with `Authorization` | the same, but for `public`, `must-revalidate` or `s-maxage` |
/// | larger than [`max_body`](crate::CacheBuilder::max_body) | the same; it streams on |
/// | that is a failure | is not kept, and those who wait for it together share it |
/// | with another status | the same, if they have the same `Authorization` and `Cookie` |
/// | `s-maxage`, `max-age`, `Expires`, a tenth of the age by `Last-Modified` | is fresh for so long, less its `Age` |
/// | that says none of this | is fresh for [`ttl`](crate::CacheBuilder::ttl), or else never |
/// | `must-revalidate`, `proxy-revalidate`, `s-maxage` | is never given when it is stale, even with one of the next (RFC 9111, 4.2.4) |
/// | `stale-while-revalidate`, `stale-if-error` | is given for so long when it is stale; else as the cache is set |
/// | that is never fresh, nor of use when it is stale | is not kept, and only its caller gets it |
///
/// Of a directive with several values the least counts. `Pragma: no-cache` counts where there is no `Cache-Control`. How old a response
/// is, `Age` says and the time since its request was sent; its `Date` is not compared with the clock here, but one that has none gets it.
///
/// A request with `no-cache`, or with a `max-age` or `min-fresh` that the response does not meet, asks the service, together with those
/// like it that came before that call began. Its response is kept. `max-stale` and `only-if-cached` are not heeded. A response that was
/// kept has its `Age`. Where a stale response is given for a failure, the body of that is not read.
///
/// A request with a method that may change something, such as `POST`, `PUT`, `PATCH` and `DELETE`, throws away what is kept of its URI
/// for `GET` and `HEAD` if the response is no error (RFC 9111, 4.4). Stale responses are not validated with the service by their
/// `ETag`: they are asked for anew.
///
/// For ten seconds after a response that only its caller got, each request of the key makes a call of its own.
#[derive(Clone, Copy)]
pub struct Semantics<C = HttpClassifier> {
    pub(super) classifier: C,
    pub(super) max_body: usize,
    pub(super) silent: Silent,
}

/// What a response is judged by.
#[derive(Debug)]
pub struct Asked {
    pub(super) head: Request<()>,
    pub(super) sent: Instant,
}

impl<C> Keyed for Semantics<C> {
    type Key = HttpKey;
}

impl<A: Body, B, C> Recall<Request<A>, Response<SharedBody<B>>> for Semantics<C> {
    type Value = Kept;

    fn place(&self, request: &Request<A>) -> Place<HttpKey> {
        match *request.method() {
            Method::GET | Method::HEAD if asks_for_all(request) => Place::At(HttpKey::of(request)),
            Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE => Place::Nowhere,
            _ => Place::Spoils(HttpKey::spoiled_by(request)),
        }
    }

    fn look(&self, request: &Request<A>, value: &Kept, age: Option<Duration>) -> Look<HttpKey> {
        match &value.0 {
            What::Response(response) if response.fits(request.headers(), age) => Look::Here,
            What::Response(_) => Look::Unfit,
            What::Signpost(signpost) => Look::Elsewhere(HttpKey::of(request).variant(signpost, request.headers())),
            What::Alone => Look::Alone,
        }
    }

    fn answer(&self, value: &Kept, age: Option<Duration>) -> Response<SharedBody<B>> {
        match &value.0 {
            What::Response(response) => response.again(age),
            What::Signpost(_) | What::Alone => unreachable!("only a response is here for a request"),
        }
    }
}

/// Whether a request asks for a whole resource, in which others may be interested.
fn asks_for_all<A: Body>(request: &Request<A>) -> bool {
    let headers = request.headers();
    request.body().is_end_stream()
        && !OWN.iter().any(|name| headers.contains_key(name))
        && !Directives(headers).has("no-store")
        // With several, caches and services may go by different ones (RFC 9112, 3.2).
        && headers.get_all(HOST).iter().nth(1).is_none()
}

impl<A, B, C> Keep<Request<A>, Response<B>> for Semantics<C>
where
    A: Body,
    B: Body<Error: Into<BoxError> + 'static> + Unpin,
    C: Classify<Response<B>>,
{
    type Kept = Kept;
    type Response = Response<SharedBody<B>>;
    type Asked = Asked;
    type Reading = Reading<B>;

    fn share(&self, request: &mut Request<A>) {
        take_deadline(request);
    }

    fn ask(&self, request: &Request<A>) -> Asked {
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.headers_mut() = request.headers().clone();
        Asked { head, sent: time::now() }
    }

    fn read(&self, asked: Asked, response: Response<B>, around: Around) -> Reading<B> {
        let is_failure = self.classifier.classify(Ok(&response)).is_failure();
        let (mut parts, body) = response.into_parts();
        let delay = time::now().saturating_duration_since(asked.sent);
        let judged = if is_failure && around.stands_in {
            // Its body may hang.
            Judged::Own
        } else {
            judge(&asked.head, &parts, is_failure, delay, self.silent, around.set)
        };
        if matches!(judged, Judged::Keep { .. }) {
            date(&mut parts.headers);
        }
        Reading::new(asked.head, Response::from_parts(parts, body), judged, is_failure, self.max_body)
    }

    fn pass(&self, response: Response<B>) -> (Self::Response, bool) {
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        (response.map(SharedBody::passing), is_error)
    }

    fn is_failure(&self, error: &Error) -> bool {
        is_failure::<Response<B>>(&self.classifier, error)
    }

    fn weigh(&self, key: &HttpKey, kept: &Kept) -> u32 {
        let response = match &kept.0 {
            What::Response(response) => response.weight(),
            What::Signpost(_) | What::Alone => size_of::<Kept>(),
        };
        u32::try_from(key.weight() + response).unwrap_or(u32::MAX)
    }

    fn fork(&self, key: &HttpKey, kept: &Kept) -> Option<Fork<HttpKey, Kept>> {
        let What::Response(response) = &kept.0 else { return None };
        let signpost = key.signpost(&response.varies)?;
        let at = key.resource();
        let to = at.variant(&signpost, &response.asked);
        Some(Fork { at, signpost: Kept(What::Signpost(signpost)), to })
    }

    fn alone(&self) -> Option<(Kept, Duration)> {
        Some((Kept(What::Alone), ALONE_FOR))
    }
}

debug_by_type! { Semantics<C> }
