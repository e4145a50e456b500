//! A node that beats.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Method, Request, Response, Uri};
use tokio::time::sleep_until;
use tower::{BoxError, Layer, Service};

use super::beats::encode;
use crate::error::ConfigError;
use crate::health::Heartbeats;
use crate::time::{after, now};
use crate::timeout::TimeoutLayer;

/// Says again and again, to each of its targets, that this node is there.
///
/// It does nothing by itself: spawn [`run`](Self::run).
#[derive(Clone)]
pub struct Beater<S> {
    service: S,
    targets: Vec<Uri>,
    interval: Duration,
    timeout: Duration,
}

impl<S> Beater<S> {
    /// Starts to build a beater of the node with this name, of 1 to 256 bytes.
    ///
    /// `service` sends the requests, such as a client of hyper-util's. Targets are where a
    /// [`BeatService`](super::BeatService) listens, such as `http://coordinator:8080/beats`.
    pub fn builder(
        node: impl Into<Cow<'static, str>>,
        service: S,
        targets: impl IntoIterator<Item = Uri>,
    ) -> BeaterBuilder<S> {
        let (interval, timeout) = (Duration::from_secs(1), Duration::from_secs(1));
        let beater = Self { service, targets: targets.into_iter().collect(), interval, timeout };
        BeaterBuilder { node: node.into(), beater }
    }

    /// Beats at once, and then at each interval, to all targets. No target waits for another. It never ends: abort its task.
    ///
    /// A beat that fails is not sent again, and no event tells it: the target misses the beat. To see more, put layers around the
    /// service.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with a timer.
    pub fn run<B, R>(self) -> impl Future<Output = Infallible> + Send
    where
        S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError> + 'static, Future: Send> + Clone + Send,
        B: Default + Send,
        R: Send,
    {
        let Self { service, targets, interval, timeout } = self;
        let beats = targets.into_iter().map(|target| beat(service.clone(), target, interval, timeout));
        // Boxed once for each target, when it starts.
        all(beats.map(Box::pin).collect())
    }
}

async fn beat<S, B, R>(service: S, target: Uri, interval: Duration, timeout: Duration) -> Infallible
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError> + 'static> + Clone,
    B: Default,
{
    let mut limited = TimeoutLayer::new(timeout).cover_readiness().layer(service);
    loop {
        let began = now();
        let mut request = Request::new(B::default());
        (*request.method_mut(), *request.uri_mut()) = (Method::PUT, target.clone());
        limited.call(request).await.ok();
        sleep_until(after(began, interval)).await;
    }
}

/// Polls all of them, at each wake of one.
async fn all<F: Future<Output = Infallible>>(mut endless: Vec<Pin<Box<F>>>) -> Infallible {
    poll_fn(|cx| {
        endless.iter_mut().map(|future| future.as_mut().poll(cx)).find(Poll::is_ready).unwrap_or(Poll::Pending)
    })
    .await
}

/// Builds a [`Beater`].
#[derive(Clone)]
#[must_use]
pub struct BeaterBuilder<S> {
    node: Cow<'static, str>,
    beater: Beater<S>,
}

impl<S> BeaterBuilder<S> {
    /// Sets how long after a beat the next one is sent, or later, when the one before has ended.
    ///
    /// More than zero. Tell the targets by their [`first_estimate`](crate::health::HeartbeatsBuilder::first_estimate). Defaults to
    /// 1 second.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.beater.interval = interval;
        self
    }

    /// Sets how long a beat may take. Defaults to 1 second.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.beater.timeout = timeout;
        self
    }

    /// Makes the beater.
    ///
    /// # Errors
    ///
    /// When a setting is not legal, as its method says, or the node's name is not.
    pub fn build(self) -> Result<Beater<S>, ConfigError> {
        let targets = self.targets().map_err(|error| error.of("beater"))?;
        Ok(Beater { targets, ..self.beater })
    }

    /// The targets with the node's name, if all settings are legal.
    fn targets(&self) -> Result<Vec<Uri>, ConfigError> {
        let Self { node, beater: Beater { targets, interval, .. } } = self;
        let is_name = (1..=Heartbeats::MAX_NODE_LEN).contains(&node.len());
        ConfigError::unless(is_name, "node", format_args!("{node:?}"), "1 to 256 bytes")?;
        ConfigError::unless(!interval.is_zero(), "interval", format_args!("{interval:?}"), "more than zero")?;
        targets.iter().map(|target| under(target, node)).collect()
    }
}

/// Where a target takes the beats of this node.
fn under(target: &Uri, node: &str) -> Result<Uri, ConfigError> {
    let path = format!("{}/{}", target.path().trim_end_matches('/'), encode(node));
    let mut parts = target.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(path).ok();
    Uri::from_parts(parts).map_err(|_| ConfigError::new("targets", target, "URIs to which a path can be added"))
}

impl<S> fmt::Debug for Beater<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service: _, targets, interval, timeout } = self;
        let mut beater = f.debug_struct("Beater");
        beater.field("targets", targets).field("interval", interval).field("timeout", timeout).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for BeaterBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BeaterBuilder").field("node", &self.node).field("beater", &self.beater).finish()
    }
}
