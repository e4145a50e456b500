//! One call to the service: it is made once for all who wait for it, and its response is kept.

use std::fmt;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc; // as the store's
use std::task::{Context, Poll, ready};

use parking_lot::Mutex; // as the store, it is no model's
use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::core::Core;
use super::keep::{Fork, Keep, Read, Terms};
use crate::call::{Oneshot, POLLED_AGAIN};
use crate::error::Error;
use crate::state::cache::{Life, Mark, Phase};
use crate::store::{Entry, Found};
use crate::time::Nanos;

/// A call to a service, by its types.
pub trait Call {
    /// What responses are kept by.
    type Key: Hash + Eq + Clone + Send + Sync + 'static;

    /// A response as it is kept.
    type Value: Send + Sync + 'static;

    /// What callers get.
    type Response;
}

/// What a call to the service has come to, for all who wait for it.
pub struct Landed<V, R> {
    pub(super) what: What<V, R>,
    pub(super) is_failure: bool,
}

pub(super) enum What<V, R> {
    /// Whoever waits for it gets it, if it is for the request.
    Shared(Arc<Entry<V>>),
    /// Only who began the call gets it.
    Own(Arc<Mutex<Option<R>>>),
}

impl<V, R> Clone for Landed<V, R> {
    fn clone(&self) -> Self {
        let what = match &self.what {
            What::Shared(entry) => What::Shared(Arc::clone(entry)),
            What::Own(response) => What::Own(Arc::clone(response)),
        };
        Self { what, is_failure: self.is_failure }
    }
}

impl<V, R> fmt::Debug for Landed<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Landed").field("is_failure", &self.is_failure).finish_non_exhaustive()
    }
}

impl<V, R> Landed<V, R> {
    fn own(response: R, is_failure: bool) -> Self {
        Self { what: What::Own(Arc::new(Mutex::new(Some(response)))), is_failure }
    }
}

/// What a call is for.
pub(super) enum Purpose<K, V> {
    /// The response of this key, in the place of an entry if there is one.
    Key { key: K, mark: Mark, replaces: Option<Arc<Entry<V>>> },
    /// A response that is not kept. Unless it is an error, what is kept at these keys is thrown away.
    Pass { spoils: Vec<K> },
}

pin_project! {
    /// One call to the inner service of a cache.
    #[must_use = "futures do nothing unless polled"]
    pub struct Fetch<S, Request, P>
    where
        S: Service<Request>,
        P: Keep<Request, S::Response>,
    {
        #[pin]
        step: Step<S, Request, P::Asked, P::Reading>,
        keep: P,
        core: Arc<Core<P::Key, P::Kept>>,
        purpose: Purpose<P::Key, P::Kept>,
        began: Nanos,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<S, Request, Asked, Reading>
    where
        S: Service<Request>,
    {
        Unsent { unsent: Option<(S, Request)> },
        Called { #[pin] call: Oneshot<S, Request>, asked: Option<Asked> },
        Reading { #[pin] reading: Reading },
    }
}

impl<S, Request, P> Call for Fetch<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    type Key = P::Key;
    type Value = P::Kept;
    type Response = P::Response;
}

impl<S, Request, P> Fetch<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    pub(super) const fn new(
        service: S,
        request: Request,
        keep: P,
        core: Arc<Core<P::Key, P::Kept>>,
        purpose: Purpose<P::Key, P::Kept>,
    ) -> Self {
        Self { step: Step::Unsent { unsent: Some((service, request)) }, keep, core, purpose, began: Nanos(0) }
    }

    /// The request, as long as it was not sent.
    pub(super) fn request(&self) -> Option<&Request> {
        match &self.step {
            Step::Unsent { unsent: Some((_, request)) } => Some(request),
            _ => None,
        }
    }

    pub(super) fn set_purpose(self: Pin<&mut Self>, purpose: Purpose<P::Key, P::Kept>) {
        *self.project().purpose = purpose;
    }
}

impl<S, Request, P> Future for Fetch<S, Request, P>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    P: Keep<Request, S::Response>,
{
    type Output = Result<Landed<P::Kept, P::Response>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.step.as_mut().project() {
                // Unsent => (Called | end): nobody has kept the response since the caller looked for it.
                StepProj::Unsent { unsent } => {
                    let (service, mut request) = unsent.take().expect(POLLED_AGAIN);
                    if let Some(entry) = kept_meanwhile(this.keep, this.core, this.purpose, &request) {
                        return Poll::Ready(Ok(Landed { what: What::Shared(entry), is_failure: false }));
                    }
                    *this.began = this.core.clock.now();
                    let asked = matches!(this.purpose, Purpose::Key { .. }).then(|| this.keep.ask(&mut request));
                    Step::Called { call: Oneshot::new(service, request), asked }
                }
                // Called => (Reading | end): the response is there. It is read if it may be kept.
                StepProj::Called { call, asked } => {
                    let response = ready!(call.poll(cx))?;
                    if let Purpose::Pass { spoils } = this.purpose {
                        return Poll::Ready(Ok(pass(this.keep, this.core, spoils, response)));
                    }
                    let asked = asked.take().expect(POLLED_AGAIN);
                    Step::Reading { reading: this.keep.read(asked, response) }
                }
                // Reading => end: as much is read as is needed.
                StepProj::Reading { reading } => {
                    let read = ready!(reading.poll(cx))?;
                    return Poll::Ready(Ok(land(this.keep, this.core, this.purpose, *this.began, read)));
                }
            };
            this.step.set(next);
        }
    }
}

/// A fresh entry that came after the caller looked: the call of another has ended just then.
fn kept_meanwhile<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    purpose: &Purpose<P::Key, P::Kept>,
    request: &Request,
) -> Option<Arc<Entry<P::Kept>>> {
    let Purpose::Key { key, replaces, .. } = purpose else { return None };
    let Found::Entry { entry, now, .. } = core.store.find::<_, P::Response, _>(keep, request, key.clone(), &core.clock)
    else {
        return None;
    };
    let is_new = replaces.as_ref().is_none_or(|replaced| !Arc::ptr_eq(replaced, &entry));
    (is_new && entry.life.phase(now) == Phase::Fresh).then_some(entry)
}

/// Passes a response on, and throws away what it spoils.
fn pass<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    spoils: &[P::Key],
    response: Inner,
) -> Landed<P::Kept, P::Response> {
    let (response, is_error) = keep.pass(response);
    for key in spoils.iter().filter(|_| !is_error) {
        core.store.remove(key);
    }
    Landed::own(response, false)
}

/// Keeps what was read, if it is to be kept.
fn land<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    purpose: &Purpose<P::Key, P::Kept>,
    began: Nanos,
    read: Read<P::Kept, P::Response>,
) -> Landed<P::Kept, P::Response> {
    let Purpose::Key { key, mark, .. } = purpose else { unreachable!("what is not kept is not read") };
    let shared = |entry, is_failure| Landed { what: What::Shared(entry), is_failure };
    match read {
        Read::Keep(value, terms) => {
            let life = core.life(terms, began);
            let key = at(keep, core, key, *mark, &value);
            let weight = keep.weigh(&value);
            shared(core.keep(key, *mark, value, weight, life), false)
        }
        Read::Share(value, is_failure) => shared(Arc::new(Entry::new(value, Life::OVER, 1, mark.era)), is_failure),
        Read::Own(response, is_failure) => {
            if let Some((value, ttl)) = keep.alone().filter(|_| !is_failure) {
                let terms = Terms { ttl: Some(ttl), ..Terms::NO_LONGER };
                core.keep(key.clone(), *mark, value, 1, core.life(terms, began));
            }
            Landed::own(response, is_failure)
        }
    }
}

/// The key at which a value is kept. Where that is not the key of its request, a signpost there leads to it.
fn at<Request, Inner, P: Keep<Request, Inner>>(
    keep: &P,
    core: &Core<P::Key, P::Kept>,
    key: &P::Key,
    mark: Mark,
    value: &P::Kept,
) -> P::Key {
    let Some(Fork { at, signpost, to }) = keep.fork(key, value) else { return key.clone() };
    core.keep(at, mark, signpost, 1, Life::ENDLESS);
    to
}

impl<S, Request, P> fmt::Debug for Fetch<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").field("name", &self.core.row.name()).finish_non_exhaustive()
    }
}
