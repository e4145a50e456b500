//! Reads a response, as far as that is needed to keep it.

use std::pin::Pin;
use std::sync::Arc; // as what is gathered
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, Request, Response};
use http_body::Body;
use tokio::time::Instant;
use tower::BoxError;

use super::judged::{Judged, varied};
use super::kept::{Kept, KeptResponse, What, of_resource};
use super::wants::Wants;
use crate::cache::{Read, Terms};
use crate::call::POLLED_AGAIN;
use crate::error::Error;
use crate::http::coalesce::{GatherBody, Kind, SharedBody, Whole};
use crate::time;

/// By these a service knows a user. It need not name them in `Vary` where no cache may keep its response, such as a 401 or a 302.
const OF_USER: [HeaderName; 2] = [AUTHORIZATION, COOKIE];

/// Reads a response.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Reading<B> {
    /// `None` once it is read.
    head: Option<(Request<()>, Judged)>,
    body: Reads<B>,
    /// When the head came.
    began: Instant,
    is_failure: bool,
}

#[derive(Debug)]
enum Reads<B> {
    Nothing(Option<Response<SharedBody<B>>>),
    All(GatherBody<B>),
}

impl<B> Reading<B> {
    pub(super) fn new(
        asked: Request<()>,
        response: Response<B>,
        judged: Judged,
        is_failure: bool,
        max_body: usize,
    ) -> Self {
        let body = match judged {
            Judged::Own => Reads::Nothing(Some(response.map(SharedBody::passing))),
            Judged::Keep { .. } | Judged::Share => Reads::All(GatherBody::new(response, Some(max_body))),
        };
        Self { head: Some((asked, judged)), body, began: time::now(), is_failure }
    }
}

impl<B> Future for Reading<B>
where
    B: Body<Error: Into<BoxError> + 'static> + Unpin,
{
    type Output = Result<Read<Kept, Response<SharedBody<B>>>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let whole = match &mut this.body {
            Reads::Nothing(response) => return Poll::Ready(Ok(own(response.take(), this.is_failure))),
            Reads::All(gather) => match ready!(Pin::new(gather).poll(cx))?.0 {
                Kind::Whole(whole) => Arc::unwrap_or_clone(whole),
                Kind::TooLarge(streaming) => return Poll::Ready(Ok(own(streaming.lock().take(), this.is_failure))),
            },
        };
        let (asked, judged) = this.head.take().expect(POLLED_AGAIN);
        Poll::Ready(Ok(match judged {
            Judged::Keep { terms, age, fresh_for } => {
                // It has aged while its body was read.
                let took = time::now().saturating_duration_since(this.began);
                let (age, fresh_for) = (age.saturating_add(took), fresh_for.saturating_sub(took));
                Read::Keep(kept(whole, &asked, age, fresh_for, &[]), Terms { ttl: Some(fresh_for), ..terms })
            }
            Judged::Share | Judged::Own => {
                let by_user = if this.is_failure { &[][..] } else { &OF_USER };
                Read::Share(kept(whole, &asked, Duration::ZERO, Duration::ZERO, by_user), this.is_failure)
            }
        }))
    }
}

fn own<B>(response: Option<Response<SharedBody<B>>>, is_failure: bool) -> Read<Kept, Response<SharedBody<B>>> {
    Read::Own(response.expect(POLLED_AGAIN), is_failure)
}

/// A response that varies by these headers too, beside those that it names itself.
fn kept(whole: Whole, asked: &Request<()>, age: Duration, fresh_for: Duration, by: &[HeaderName]) -> Kept {
    let (parts, (data, trailers)) = whole.into_parts();
    let varies: Vec<_> = varied(&parts.headers).chain(by.iter().cloned()).collect();
    let (asked, wanted) = (selected(asked.headers(), &varies), Wants::of(asked.headers()));
    let (status, version, headers) = (parts.status, parts.version, of_resource(parts.headers));
    let response = KeptResponse { status, version, headers, data, trailers, varies, asked, age, fresh_for, wanted };
    Kept(What::Response(Box::new(response)))
}

/// The headers of these names alone.
fn selected(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let values = names.iter().flat_map(|name| headers.get_all(name).iter().map(move |value| (name, value)));
    values.fold(HeaderMap::new(), |mut selected, (name, value)| {
        selected.append(name, value.clone());
        selected
    })
}
