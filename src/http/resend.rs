//! What is kept of HTTP requests and responses between attempts.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response};
use http_body::Body;
use tower::BoxError;

use super::drain::DrainedBody;
use super::explain::explain;
use super::idempotent::{may_arrive_twice, was_not_sent};
use super::look::Looked;
use super::replay::{Begun, CAP, ReplayBody};
use crate::call::copies::{KeepRequest, KeepResponse};
use crate::context::Deadline;
use crate::error::Error;

/// Which attempt of a call a request is sent for, from 1.
///
/// It stands in the extensions of requests that a retry or a hedge sends again. A first attempt has none.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use palisade::http::Attempt;
///
/// let mut request = Request::new(());
/// assert_eq!(Attempt::of(&request), Attempt(1));
/// request.extensions_mut().insert(Attempt(2));
/// assert_eq!(Attempt::of(&request), Attempt(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub u32);

impl Attempt {
    /// The attempt for which a request is sent. Without a retry it is the first.
    pub fn of<B>(request: &Request<B>) -> Self {
        request.extensions().get().copied().unwrap_or(Self(1))
    }
}

/// Keeps requests with a [`ReplayBody`], which the inner service takes as a `B`.
///
/// `B` is a [`ReplayBody`] itself, or what can be made of one: the bodies of axum, tonic and reqwest, each with its feature.
/// `A` says what is noted in the requests.
#[derive(Debug)]
pub struct Resend<B, A = WatchBody> {
    pub(super) max_body: usize,
    annotate: A,
    sent: PhantomData<fn() -> B>,
}

impl<B, A: Clone> Clone for Resend<B, A> {
    fn clone(&self) -> Self {
        Self { annotate: self.annotate.clone(), ..*self }
    }
}

impl<B, A: Copy> Copy for Resend<B, A> {}

impl<B, A> Resend<B, A> {
    pub(crate) const fn by(annotate: A) -> Self {
        Self { max_body: CAP, annotate, sent: PhantomData }
    }
}

/// Says what a [`Resend`] notes in the requests that it keeps and sends, and how far it looks into responses.
pub trait Annotate {
    /// Notes something in the request of a call, before its first attempt.
    fn begin<B>(&self, request: &mut Request<ReplayBody<B>>);

    /// Notes something in the head of an attempt's request. Attempts are numbered from 1.
    fn send(&self, headers: &mut HeaderMap, attempt: u32);

    /// Returns whether trailers may say that the call failed, after this head of its response.
    ///
    /// If they come before any data, the retry then goes by them. They are waited for, for at most 50 milliseconds, and so is the
    /// first data. Defaults to `false`.
    fn looks_ahead<B>(&self, _head: &Response<B>) -> bool {
        false
    }

    /// Returns whether a result asks that the request is not sent again. A hedge goes by that; a retry has its
    /// [`RetryIf`](crate::retry::RetryIf). Defaults to `false`.
    fn forbids_another<B>(&self, _: Result<&Response<B>, &Error>) -> bool {
        false
    }
}

/// Notes nothing.
impl Annotate for () {
    fn begin<B>(&self, _: &mut Request<ReplayBody<B>>) {}

    fn send(&self, _: &mut HeaderMap, _: u32) {}
}

/// Watches whether a client begins to send a request that may not arrive twice.
///
/// What an error says of a connection may be about another request, to which a redirect led.
#[derive(Clone, Copy, Debug, Default)]
pub struct WatchBody;

impl Annotate for WatchBody {
    fn begin<B>(&self, request: &mut Request<ReplayBody<B>>) {
        if !may_arrive_twice(request) {
            // A flag of its own: a layer between two retries may make several requests of one.
            let begun = Begun::default();
            request.body_mut().begun = Some(begun.clone());
            request.extensions_mut().insert(begun);
        }
    }

    fn send(&self, _: &mut HeaderMap, _: u32) {}
}

#[diagnostic::do_not_recommend]
impl<R, B, A> KeepRequest<Request<R>> for Resend<B, A>
where
    R: Body<Error: Into<BoxError>> + Unpin + 'static,
    B: From<ReplayBody<R>>,
    A: Annotate,
{
    type Kept = Request<ReplayBody<R>>;
    type Sent = Request<B>;

    #[inline(always)]
    fn begin(&self, request: Request<R>, is_sent_once: bool) -> Self::Kept {
        let keep = |body| if is_sent_once { ReplayBody::once(body) } else { ReplayBody::new(body, self.max_body) };
        let mut request = request.map(keep);
        self.annotate.begin(&mut request);
        request
    }

    #[inline(always)]
    fn copy(&self, kept: &Self::Kept) -> Option<Self::Kept> {
        Some(kept.clone())
    }

    /// The data is copied where the first attempt has read it: of two that share a source, only the later would read on.
    fn copy_beside(&self, kept: &Self::Kept) -> Option<Self::Kept> {
        let body = kept.body().beside()?;
        Some(kept.clone().map(|_| body))
    }

    fn reclaim(&self, kept: &Self::Kept) -> bool {
        kept.body().reclaim()
    }

    /// Numbered here and not in `copy`, because most copies are never sent.
    #[inline(always)]
    fn send(&self, mut kept: Self::Kept, attempt: u32) -> Request<B> {
        if attempt > 1 {
            kept.extensions_mut().insert(Attempt(attempt));
        } else {
            // The first attempt may itself be a later one of a retry around. To insert a 1 would allocate.
            kept.extensions_mut().remove::<Attempt>();
        }
        self.annotate.send(kept.headers_mut(), attempt);
        kept.body().unbegin();
        kept.map(B::from)
    }

    #[inline(always)]
    fn pass(&self, kept: Self::Kept) -> Request<B> {
        kept.body().unbegin();
        kept.map(B::from)
    }

    fn explain(&self, kept: &Self::Kept, error: Error) -> Error {
        explain(kept, error)
    }

    fn was_not_sent(&self, kept: &Self::Kept, error: &Error) -> bool {
        was_not_sent(kept, error)
    }

    fn deadline(&self, kept: &Self::Kept) -> Option<Deadline> {
        kept.extensions().get().copied()
    }
}

impl<R, B, A> KeepResponse<Response<R>> for Resend<B, A>
where
    R: Body<Error: Into<BoxError> + 'static> + Unpin,
    A: Annotate,
{
    type Response = Response<DrainedBody<R>>;
    type Ahead = Looked;

    #[inline(always)]
    fn poll_ahead(&self, response: &mut Response<R>, ahead: &mut Looked, cx: &mut Context<'_>) -> Poll<()> {
        if self.annotate.looks_ahead(response) { ahead.poll(response, cx) } else { Poll::Ready(()) }
    }

    fn receive(&self, response: Response<R>, ahead: Looked) -> Self::Response {
        ahead.put_back(response)
    }

    fn forbids_another(&self, result: Result<&Response<R>, &Error>) -> bool {
        self.annotate.forbids_another(result)
    }

    fn poll_rest(&self, kept: &mut Self::Response, cx: &mut Context<'_>) -> Poll<()> {
        kept.body_mut().poll_rest(cx)
    }

    fn drop_rest(&self, kept: &mut Self::Response) {
        kept.body_mut().drop_rest();
    }
}
