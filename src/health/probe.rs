//! What a check asks.

use std::pin::Pin;

use tower::BoxError;

use crate::debug::debug_by_type;
use crate::state::verdict::{Degraded, Verdict};

/// Finds out how a thing is.
///
/// Implemented by every `FnMut() -> Future<Output = Result<V, E>>`, where `V` is `()`, [`Degraded`] or a [`Verdict`]. That is an
/// `async` closure where it captures nothing. One that captures returns a block: `move || { let pool = pool.clone(); async move
/// { pool.ping().await } }`.
pub trait Check: Send + 'static {
    /// Checks once. It is dropped when its time is over.
    ///
    /// # Errors
    ///
    /// When the check failed. The error, with its sources, is the reason.
    fn check(&mut self) -> impl Future<Output = Result<Verdict, BoxError>> + Send;
}

impl<F, Fut, V, E> Check for F
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = Result<V, E>> + Send,
    V: Into<Verdict>,
    E: Into<BoxError>,
{
    fn check(&mut self) -> impl Future<Output = Result<Verdict, BoxError>> + Send {
        let check = self();
        async { check.await.map(Into::into).map_err(Into::into) }
    }
}

pub(super) type Checking<'a> = Pin<Box<dyn Future<Output = Result<Verdict, BoxError>> + Send + 'a>>;

/// A check that is boxed.
pub(super) trait Probe: Send {
    /// Begins when it is polled, so that what a check does first may panic there too.
    fn probe(&mut self) -> Checking<'_>;
}

impl<C: Check> Probe for C {
    fn probe(&mut self) -> Checking<'_> {
        Box::pin(async move { self.check().await })
    }
}

/// A number that says how a thing is, such as the share of memory in use. Made by [`HealthCheck::signal`](super::HealthCheck::signal).
pub struct Signal<F> {
    pub(super) read: F,
    pub(super) degraded_at: f64,
    pub(super) unhealthy_at: f64,
}

impl<F: FnMut() -> f64 + Send + 'static> Check for Signal<F> {
    async fn check(&mut self) -> Result<Verdict, BoxError> {
        let value = (self.read)();
        let over = |line: f64| format!("{value}, from {line} on");
        match value {
            _ if value.is_nan() => Err("the signal is not a number".into()),
            _ if value >= self.unhealthy_at => Ok(Verdict::Unhealthy(over(self.unhealthy_at).into())),
            _ if value >= self.degraded_at => Ok(Degraded(over(self.degraded_at)).into()),
            _ => Ok(Verdict::Healthy),
        }
    }
}

debug_by_type! { Signal<F> }
