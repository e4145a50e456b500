//! The wait for the limit of a key.

use std::hash::Hash;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::PerKey;
use crate::call::{Fork, Wait};
use crate::error::Rejection;

pin_project! {
    /// Waits as the limit of a key does, or not at all where the key has no room and its calls pass.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct PerKeyWaiting<W> {
        #[pin]
        own: Option<W>,
    }
}

impl<W, G> Future for PerKeyWaiting<W>
where
    W: Future<Output = Result<G, Rejection>>,
{
    type Output = Result<Option<G>, Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().own.as_pin_mut() {
            Some(own) => Poll::Ready(ready!(own.poll(cx)).map(Some)),
            None => Poll::Ready(Ok(None)),
        }
    }
}

impl<Request, K, By, A> Wait<Request> for PerKey<K, By, A>
where
    By: Fn(&Request) -> K,
    K: Hash + Eq,
    A: Wait<Request> + Fork,
{
    /// `None` for a call that passes without a limit.
    type Guard = Option<A::Guard>;
    type Waiting = PerKeyWaiting<A::Waiting>;

    fn wait(&self, request: &Request) -> Result<Self::Waiting, Rejection> {
        let own = self.pick(request)?.map(|own| own.wait(request)).transpose()?;
        Ok(PerKeyWaiting { own })
    }
}
