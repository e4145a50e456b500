//! The settings of a rate limit, in which calls wait for their turn or do not.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::meter::{Core, Meter, check};
use super::quota::{One, Quota};
use super::turn::MaxWait;
use crate::call::{Admission, AdmissionLayer, AtOnce, Builder, InTurn, Plain, Settings, Waiting};
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::{Listing, Registry};
use crate::source::Kind;
use crate::state::rate::Rate;
use crate::time::Nanos;

/// Wraps services in a rate limit.
///
/// Services made by one layer, and their clones, share its rate.
pub type RateLimitLayer<E = Plain, N = One> = AdmissionLayer<Quota<N>, E>;

/// Wraps services in a rate limit in which calls wait for their turn.
///
/// Services made by one layer, and their clones, share its rate. They must be `Clone`.
pub type PacingLayer<E = Plain, N = One> = AdmissionLayer<Quota<N, MaxWait>, E, InTurn>;

/// Limits how many calls pass in which time. Made by a [`RateLimitLayer`].
pub type RateLimit<S, E = Plain, N = One> = Admission<S, Quota<N>, E>;

/// Limits how many calls pass in which time, and lets others wait. Made by a [`PacingLayer`].
pub type Pacing<S, E = Plain, N = One> = Waiting<S, Quota<N, MaxWait>, E>;

/// Builds a [`RateLimitLayer`], or with [`max_wait`](Builder::max_wait) a [`PacingLayer`].
pub type RateLimitBuilder<E = Plain, N = One, W = AtOnce> = Builder<RateLimitSettings<N, W>, E>;

const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// The most calls that may pass at once, unless it is told otherwise.
const BURST: u32 = 100;

impl RateLimitLayer {
    /// Lets `calls` calls pass in each second, and rejects the others at once; 0 rejects all.
    ///
    /// More than 1,000,000,000 count as that. The [burst](Builder::burst) is `calls`, at most 100.
    pub fn per_second(calls: u32) -> Self {
        let listing = Registry::global().listing(Kind::RateLimit, Name::of("rate limit"));
        Self::of(RateLimitSettings::new(Rate::per_second(calls)).limit(&listing), Plain::default())
    }

    /// Starts to build a rate limit.
    ///
    /// Errors and events show its name, of 1 to 64 bytes.
    pub fn builder(name: impl Into<Cow<'static, str>>, rate: Rate) -> RateLimitBuilder {
        Builder::new(name.into(), RateLimitSettings::new(rate))
    }
}

/// The settings of a rate limit.
#[derive(Clone, Copy)]
pub struct RateLimitSettings<N = One, W = AtOnce> {
    rate: Rate,
    burst: Option<u32>,
    cost: N,
    wait: W,
    heeds: bool,
    max_retry_after: Duration,
    /// Whether responses show what is left.
    shown: bool,
}

impl RateLimitSettings {
    const fn new(rate: Rate) -> Self {
        Self {
            rate,
            burst: None,
            cost: One,
            wait: AtOnce,
            heeds: false,
            max_retry_after: MAX_RETRY_AFTER,
            shown: false,
        }
    }
}

impl<N, W> RateLimitSettings<N, W> {
    fn check(&self) -> Result<(), ConfigError> {
        check(Some(self.rate), self.burst)
    }

    fn limit(self, listing: &Listing) -> Quota<N, W> {
        let Self { rate, burst, cost, wait, heeds, max_retry_after, shown } = self;
        let burst = burst.unwrap_or_else(|| rate.calls().clamp(1, BURST));
        let heeded = if heeds { max_retry_after.into() } else { Nanos(0) };
        Quota { core: Core::new(Meter::new(rate, burst, heeded, shown), listing), cost, wait }
    }
}

impl<N, W, E> RateLimitBuilder<E, N, W> {
    /// Lets at most this many calls pass at once, after a pause in which none came.
    ///
    /// At least 1. Set it to what the service can take on top of the rate: in a period that begins with a full bucket, up to
    /// the burst more than the rate may pass. Defaults to the calls of one period, at most 100.
    #[doc(alias = "capacity")]
    #[doc(alias = "token_limit")]
    pub fn burst(self, calls: u32) -> Self {
        self.set(|settings| settings.burst = Some(calls))
    }

    /// Says what a request costs, in calls.
    ///
    /// A request of cost 0 passes at any time. One that costs more than the burst is rejected at any time, and its rejection has
    /// no `retry_after`. Defaults to one call each.
    #[doc(alias = "permits")]
    pub fn cost<Request, M: Fn(&Request) -> u32>(self, cost: M) -> RateLimitBuilder<E, M, W> {
        self.map(|settings| {
            let RateLimitSettings { rate, burst, cost: _, wait, heeds, max_retry_after, shown } = settings;
            RateLimitSettings { rate, burst, cost, wait, heeds, max_retry_after, shown }
        })
    }

    /// Lets calls that come too soon wait for their turn, for at most this long, and never to their deadline.
    ///
    /// First come, first served. A call whose turn would come later is rejected at once. The inner service must be `Clone`.
    /// Defaults to no wait.
    #[doc(alias = "timeout_duration")]
    #[doc(alias = "queue_limit")]
    pub fn max_wait(self, wait: Duration) -> RateLimitBuilder<E, N, MaxWait> {
        self.map(|settings| {
            let RateLimitSettings { rate, burst, cost, wait: _, heeds, max_retry_after, shown } = settings;
            RateLimitSettings { rate, burst, cost, wait: MaxWait(wait.into()), heeds, max_retry_after, shown }
        })
    }

    /// Lets the service shut the limit: when a response is [`Throttled`](crate::Outcome::Throttled) and says when to come back, no
    /// call passes until then.
    ///
    /// Then one passes, and the others follow at the rate. Calls that wait for their turn keep it. Set it in a client whose
    /// service has a limit of its own. Needs a classifier that knows such responses, as HTTP and gRPC have. Defaults to not
    /// heeding them.
    pub fn heed_throttling(self) -> Self {
        self.set(|settings| settings.heeds = true)
    }

    /// Lets the service shut the limit for at most this long, where it is [heeded](Self::heed_throttling).
    ///
    /// A hint that is longer counts as this. Defaults to 30 seconds.
    pub fn max_retry_after(self, duration: Duration) -> Self {
        self.set(|settings| settings.max_retry_after = duration)
    }

    /// Lets responses show what is left.
    #[cfg(feature = "http")]
    pub(crate) fn shown(self) -> Self {
        self.set(|settings| settings.shown = true)
    }
}

impl<N> Settings for RateLimitSettings<N> {
    const KIND: Kind = Kind::RateLimit;

    type Limit = Quota<N>;
    type Entry = AtOnce;

    fn check(&self) -> Result<(), ConfigError> {
        self.check()
    }

    fn limit(self, listing: Listing) -> Quota<N> {
        self.limit(&listing)
    }
}

impl<N> Settings for RateLimitSettings<N, MaxWait> {
    const KIND: Kind = Kind::RateLimit;

    type Limit = Quota<N, MaxWait>;
    type Entry = InTurn;

    fn check(&self) -> Result<(), ConfigError> {
        self.check()
    }

    fn limit(self, listing: Listing) -> Quota<N, MaxWait> {
        self.limit(&listing)
    }
}

impl<N, W: fmt::Debug> fmt::Debug for RateLimitSettings<N, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, burst, cost: _, wait, heeds, max_retry_after, shown } = self;
        let mut settings = f.debug_struct("RateLimitSettings");
        settings.field("rate", rate).field("burst", burst).field("cost", &type_name::<N>()).field("wait", wait);
        settings.field("heeds", heeds).field("max_retry_after", max_retry_after).field("shown", shown).finish()
    }
}
