//! A replica that is to take calls.

use std::fmt;
use std::sync::{Arc, OnceLock};

use tower::BoxError;

use super::first::Step;
use crate::error::{ConfigError, Error};
use crate::judge::Judge;
use crate::state::replicas::{MAX_WEIGHT, Newcomer};

/// The length of the longest name of a replica, in bytes.
const MAX_LEN: usize = 256;

/// A replica, as it is added to [`Replicas`](super::Replicas).
///
/// # Examples
///
/// ```
/// use palisade::{CircuitBreakerLayer, Error, Judgement, Replica, Replicas};
/// use tower::{Service, ServiceBuilder, service_fn};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let service = service_fn(|order: u32| async move { Ok::<_, Error>(order) });
/// let replicas = Replicas::builder("orders")
///     .replica(Replica::new("a", service).weight(2))
///     .replica(Replica::new("far away", service).tier(1).judge(|| Judgement::Degraded))
///     .build()?;
/// # drop::<Replicas<_>>(replicas);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Replica<S> {
    pub(super) newcomer: Newcomer,
    pub(super) service: Served<S>,
    /// What makes the service.
    pub(super) make: Option<Step>,
}

/// The service of a replica.
pub(super) enum Served<S> {
    Here(S),
    /// It is made before the first call goes to it.
    Later(Arc<OnceLock<S>>),
}

impl<S> Served<S> {
    pub(super) fn get(&self) -> Option<&S> {
        match self {
            Self::Here(service) => Some(service),
            Self::Later(service) => service.get(),
        }
    }
}

impl<S: Clone> Clone for Served<S> {
    fn clone(&self) -> Self {
        match self {
            Self::Here(service) => Self::Here(service.clone()),
            Self::Later(service) => Self::Later(Arc::clone(service)),
        }
    }
}

impl<S> Replica<S> {
    /// A replica of this name, which no other replica of the set has: 1 to 256 bytes.
    ///
    /// Events show the name.
    pub fn new(name: impl Into<Arc<str>>, service: S) -> Self {
        Self::of(name.into(), Served::Here(service), None)
    }

    /// A replica whose service is made by a function before the first call goes to it.
    ///
    /// It is for a cold standby: a connection that costs nothing until it is needed. The calls that come meanwhile wait together, and
    /// what they wait for goes on where one of them leaves. Where the function fails, these calls go on to other replicas, and this one
    /// is unhealthy for a [`backoff`](super::ReplicasBuilder::backoff).
    pub fn lazy<F, Fut, E>(name: impl Into<Arc<str>>, make: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<S, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
        S: Send + Sync + 'static,
    {
        let later = Arc::new(OnceLock::new());
        let service = Served::Later(Arc::clone(&later));
        let make: Step = Arc::new(move || {
            let (later, making) = (Arc::clone(&later), later.get().is_none().then(&make));
            // Boxed, because the functions of all replicas are of one type. It runs once.
            Box::pin(async move {
                if let Some(making) = making {
                    later.set(making.await.map_err(Error::lift)?).ok();
                }
                Ok(())
            })
        });
        Self::of(name.into(), service, Some(make))
    }

    const fn of(name: Arc<str>, service: Served<S>, make: Option<Step>) -> Self {
        Self { newcomer: Newcomer { name, weight: 1, tier: 0, judges: Vec::new() }, service, make }
    }

    /// Sets how many calls it takes for each call that a replica of weight 1 takes.
    ///
    /// 0 to 1,000,000. Raise it for a larger machine. With 0 it takes none, until
    /// [`set_weight`](super::ReplicasHandle::set_weight) gives it a weight. Defaults to 1.
    pub fn weight(mut self, weight: u32) -> Self {
        self.newcomer.weight = weight;
        self
    }

    /// Sets its tier: calls go to a higher tier only where too few of the lower ones are healthy.
    ///
    /// Set it for replicas that are further away, or cost more. Defaults to 0.
    #[doc(alias = "priority")]
    pub fn tier(mut self, tier: u32) -> Self {
        self.newcomer.tier = tier;
        self
    }

    /// Lets this judge say whether it is healthy, too. The worst of its judges counts.
    ///
    /// Give it the circuit of the replica, an active check or the node that it beats for. Defaults to no judge: then the results of
    /// its calls alone say it.
    pub fn judge(mut self, judge: impl Judge) -> Self {
        self.newcomer.judges.push(Arc::new(judge));
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Newcomer { name, weight, .. } = &self.newcomer;
        let is_legal = (1..=MAX_LEN).contains(&name.len());
        ConfigError::unless(is_legal, "replica", format_args!("{name:?}"), "a name of 1 to 256 bytes")?;
        ConfigError::unless(*weight <= MAX_WEIGHT, "weight", weight, "0 to 1,000,000")
    }
}

impl<S: Clone> Clone for Replica<S> {
    fn clone(&self) -> Self {
        Self { newcomer: self.newcomer.clone(), service: self.service.clone(), make: self.make.clone() }
    }
}

impl<S> fmt::Debug for Replica<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Newcomer { name, weight, tier, .. } = &self.newcomer;
        let mut replica = f.debug_struct("Replica");
        replica.field("name", name).field("weight", weight).field("tier", tier).finish_non_exhaustive()
    }
}
