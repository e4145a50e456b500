//! The task of a check.

use std::error;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use rand::RngExt;
use rand::rngs::SmallRng;
use tokio::time::{Instant, sleep_until};
use tower::{Layer, Service};

use super::probe::Probe;
use super::shared::{Core, Pace};
use crate::backoff::generator;
use crate::caught::Caught;
use crate::error::{Chain, Error};
use crate::name::Name;
use crate::state::verdict::Verdict;
use crate::time::{after, now};
use crate::timeout::TimeoutLayer;

/// A check while it is run.
pub(super) struct Running {
    name: Name,
    pace: Pace,
    /// Weak, so that it does not keep its own task alive.
    core: Weak<Core>,
    /// Taken from the core and given back, so that checks never overlap. It is there until then.
    probe: Option<Box<dyn Probe>>,
    random: SmallRng,
}

impl Running {
    /// `None` where it is run already.
    pub(super) fn new(core: &Arc<Core>) -> Option<Self> {
        let probe = core.probe.lock().take()?;
        let (name, pace) = (core.name(), core.pace);
        Some(Self { name, pace, core: Arc::downgrade(core), probe: Some(probe), random: generator(pace.seed) })
    }

    pub(super) async fn until(mut self, gone: impl Future<Output = ()>) {
        let (mut gone, mut checks) = (pin!(gone), pin!(self.again_and_again()));
        poll_fn(|cx| match gone.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => checks.as_mut().poll(cx),
        })
        .await;
    }

    async fn again_and_again(&mut self) {
        loop {
            let began = now();
            let result = self.once().await;
            let Some(core) = self.core.upgrade() else { return };
            core.record(result, now().saturating_duration_since(began));
            drop(core);
            sleep_until(self.next(began)).await;
        }
    }

    /// When the next check begins, unless this one still runs then.
    fn next(&mut self, began: Instant) -> Instant {
        after(began, self.pace.interval_of(self.random.random()))
    }

    async fn once(&mut self) -> Verdict {
        let Some(probe) = &mut self.probe else { return Verdict::Healthy };
        let limit = TimeoutLayer::new(self.pace.timeout).name(self.name);
        match limit.layer(Itself).call(Caught { inner: probe.probe() }).await {
            Ok(verdict) => verdict,
            Err(Error::Service(error)) => unhealthy(&*error),
            Err(error) => unhealthy(&error),
        }
    }
}

fn unhealthy(error: &(dyn error::Error + 'static)) -> Verdict {
    Verdict::Unhealthy(Chain(error).to_string().into())
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            *core.probe.lock() = self.probe.take();
        }
    }
}

/// A service whose calls are futures.
struct Itself;

impl<F: Future<Output = Result<T, E>>, T, E> Service<F> for Itself {
    type Response = T;
    type Error = E;
    type Future = F;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, future: F) -> F {
        future
    }
}
