//! Looks at a rate limit and steers it.

use std::hash::Hash;
use std::time::Duration;

use super::meter::{Core, RateLimitSnapshot, check, set_by};
use crate::cached_arc::HandleArc;
use crate::error::{ConfigError, Rejection};
use crate::keyed::PerKeyHandle;
use crate::name::Name;
use crate::registry::{Listed, Order, Shown};
use crate::state::counts::share;
use crate::state::rate::Rate;

/// Looks at a rate limit and steers it, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. All handles of a layer, and all services made by it, share its rate.
///
/// # Examples
///
/// Code that is no `Service` can share the rate of services that are:
///
/// ```
/// use palisade::RateLimitLayer;
///
/// # fn main() -> Result<(), palisade::Rejection> {
/// let limit = RateLimitLayer::per_second(10).handle();
/// limit.try_enter()?;
/// limit.try_enter_many(9)?;
/// assert!(limit.try_enter().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RateLimitHandle {
    pub(super) core: HandleArc<Core>,
}

impl RateLimitHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// Asks to pass, for a call that is no `Service`'s. Never waits.
    ///
    /// # Errors
    ///
    /// When the rate does not allow it. The rejection says when it would, unless it never would.
    pub fn try_enter(&self) -> Result<(), Rejection> {
        self.core.enter(1)
    }

    /// Asks to pass for several calls together, or for one that costs as much. All of them pass, or none.
    ///
    /// 0 passes at any time.
    ///
    /// # Errors
    ///
    /// When the rate does not allow it. The rejection says when it would, unless they are more than the burst.
    pub fn try_enter_many(&self, calls: u32) -> Result<(), Rejection> {
        self.core.enter(calls)
    }

    /// What the limit is, and what is left of it.
    pub fn snapshot(&self) -> RateLimitSnapshot {
        self.core.snapshot()
    }

    /// A signal for a [`Mode`](crate::Mode): the share of the burst that is used up.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let limit = self.clone();
        move || {
            let RateLimitSnapshot { available, burst, .. } = limit.snapshot();
            share(burst.saturating_sub(available).into(), burst.into())
        }
    }

    /// Changes the rate. What was taken stays taken, counted in calls, and calls that wait keep their turns.
    ///
    /// # Errors
    ///
    /// When the rate is not legal, as for the [builder](super::RateLimitLayer::builder).
    pub fn set_rate(&self, rate: Rate) -> Result<(), ConfigError> {
        self.set(Some(rate), None)
    }

    /// Changes the most calls that may pass at once. What was taken stays taken.
    ///
    /// # Errors
    ///
    /// When it is 0.
    pub fn set_burst(&self, calls: u32) -> Result<(), ConfigError> {
        self.set(None, Some(calls))
    }

    /// Takes all that is available now, and returns how many calls that was. The next call passes one interval later.
    ///
    /// Use it after a restart, or while other instances still call: the limit then starts empty.
    pub fn drain(&self) -> u32 {
        self.core.bucket.drain(self.core.clock.now())
    }

    fn set(&self, rate: Option<Rate>, burst: Option<u32>) -> Result<(), ConfigError> {
        check(rate, burst).map_err(|error| error.of("rate limit").named(self.name().as_str()))?;
        self.core.set(None, rate, burst);
        Ok(())
    }
}

/// The rates of all keys.
impl<K> PerKeyHandle<K, RateLimitHandle> {
    /// Changes the rate of all keys, those to come too, as [`RateLimitHandle::set_rate`] does for one.
    ///
    /// # Errors
    ///
    /// When the rate is not legal.
    pub fn set_rate(&self, rate: Rate) -> Result<(), ConfigError> {
        self.set_all(Some(rate), None)
    }

    /// Changes the most calls that may pass at once of all keys, those to come too.
    ///
    /// # Errors
    ///
    /// When it is 0.
    pub fn set_burst(&self, calls: u32) -> Result<(), ConfigError> {
        self.set_all(None, Some(calls))
    }

    /// The model first, so that a key that comes meanwhile has it already or is among those that are changed.
    fn set_all(&self, rate: Option<Rate>, burst: Option<u32>) -> Result<(), ConfigError> {
        let model = self.model();
        model.set(rate, burst)?;
        self.change_all(|own| own.core.set(Some(&model.core), rate, burst));
        Ok(())
    }
}

impl<K: Hash + Eq> PerKeyHandle<K, RateLimitHandle> {
    /// Rejects calls of a key that come in this time; then one passes, and the others follow at the rate.
    ///
    /// Calls that wait already keep their turns, new ones may wait for the end, and calls of cost 0 pass. The key need not have
    /// called before. It keeps its room until then, so a layer in which many keys are blocked needs the
    /// [capacity](crate::PerKeyBuilder::capacity) for them. A shorter time shortens no longer one: use [`unblock`](Self::unblock).
    ///
    /// Returns whether the key is blocked: `false` if there is no room for it.
    #[must_use = "there may be no room for the key"]
    pub fn block(&self, key: K, duration: Duration) -> bool {
        let own = self.admit(key, |model, key| RateLimitHandle { core: model.core.fork(key) });
        own.map(|own| own.core.shut(duration.into())).is_some()
    }

    /// Ends a block of a key: it has what it would have had without the block. Calls that wait keep their turns.
    ///
    /// It ends what the service asked for too, where that is [heeded](super::RateLimitBuilder::heed_throttling). Returns whether the
    /// key was blocked.
    pub fn unblock(&self, key: &K) -> bool
    where
        K: Clone,
    {
        let was_shut = self.get(key).is_some_and(|own| own.core.open());
        self.look_again();
        was_shut
    }
}

impl Shown for RateLimitHandle {
    fn listed(&self) -> &dyn Listed {
        let core: &Core = &self.core;
        core
    }

    /// The model first, if all keys are meant, as [`set_rate`](PerKeyHandle::set_rate) does.
    fn steer_all(model: &Self, keys: &[Self], order: &Order<'_>) -> Result<usize, ConfigError> {
        if model.listed().steer(order)? == 0 {
            return keys.iter().map(|key| key.listed().steer(order)).sum();
        }
        let (rate, burst) = set_by(order.action);
        for key in keys {
            key.core.tell_event(&order.event());
            key.core.set(Some(&model.core), rate, burst);
        }
        // Without keys it is the layer, whose keys to come are changed.
        Ok(keys.len().max(1))
    }

    fn has_model_story() -> bool {
        true
    }
}
