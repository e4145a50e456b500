//! The model of the service that is called: so many workers and a queue, how long they work, and when it is in trouble.
//!
//! It decides at the moment when a call reaches it what becomes of this call. A call whose caller has left is worked on
//! nevertheless: most servers do not know. So what is sent in vain makes an overload worse.

mod pool;
pub(crate) mod state;
pub(crate) mod work;

use std::time::Duration;

use serde::Deserialize;

use self::work::Work;
use crate::legal::unless;
use crate::span::Span;

/// More workers are no limit.
const MOST: usize = 1_000_000;

/// The settings of the model. By default nothing limits it, and each call takes 5 ms.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Upstream {
    /// How many calls are worked on at once. Without it, all are.
    pub(crate) workers: Option<usize>,
    /// How many calls wait for a worker; others are refused. Without it, all wait.
    pub(crate) queue: Option<usize>,
    /// How long a call is worked on.
    pub(crate) work: Work,
    /// The share of calls that fail by chance.
    pub(crate) fails: f64,
    /// How many calls it takes from this client.
    pub(crate) throttle: Option<Throttle>,
    /// When it behaves otherwise.
    #[serde(rename = "spell")]
    pub(crate) spells: Vec<Spell>,
}

/// A bucket of tokens. A call that finds none is refused, and told to come back later.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Throttle {
    pub(crate) per_second: f64,
    pub(crate) burst: f64,
    pub(crate) retry_after: Option<Span>,
}

/// A time in which the service behaves otherwise.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spell {
    /// Since the start of the trace.
    pub(crate) from: Span,
    /// Without an end it lasts for ever.
    pub(crate) to: Option<Span>,
    /// It comes again so long after its begin.
    pub(crate) every: Option<Span>,
    /// The share of calls that meet it, with all their attempts, as those of a tenant or of a shard. Without it, all do.
    pub(crate) share: Option<f64>,
    pub(crate) it: Trouble,
}

/// How the service behaves in a spell.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trouble {
    /// Fails each call at once.
    Refuses,
    /// Never answers.
    Hangs,
    /// Takes calls, and begins to work on them when the spell ends, one after the other.
    Stalls,
    /// Fails this share of calls, when they were worked on.
    Fails(f64),
    /// Works so many times as long.
    IsSlower(f64),
    /// Works as long as this.
    Works(Work),
}

impl Upstream {
    /// Refuses what is no service.
    pub(crate) fn check(&self) -> Result<(), String> {
        let share = |setting, share: f64| unless((0.0..=1.0).contains(&share), setting, share, "a share of 0 to 1");
        unless(
            self.workers.is_none_or(|workers| (1..=MOST).contains(&workers)),
            "workers",
            self.workers,
            "1 to 1,000,000",
        )?;
        share("fails", self.fails)?;
        self.work.check()?;
        self.throttle.map_or(Ok(()), Throttle::check)?;
        self.spells.iter().try_for_each(Spell::check)
    }
}

impl Throttle {
    fn check(self) -> Result<(), String> {
        let Self { per_second, burst, .. } = self;
        unless(per_second.is_finite() && per_second >= 0.0, "per_second", per_second, "at least 0")?;
        unless(burst.is_finite() && burst >= 0.0, "burst", burst, "at least 0")
    }
}

impl Spell {
    fn check(&self) -> Result<(), String> {
        unless(self.to.is_none_or(|to| to > self.from), "to", self.to, "later than `from`")?;
        unless(self.every != Some(Span::default()), "every", self.every, "longer than 0")?;
        let share = self.share.unwrap_or(1.0);
        unless((0.0..=1.0).contains(&share), "share", share, "a share of 0 to 1")?;
        match &self.it {
            Trouble::Stalls => unless(self.to.is_some(), "to", self.to, "set where a service stalls"),
            Trouble::Refuses | Trouble::Hangs => Ok(()),
            Trouble::Fails(share) => unless((0.0..=1.0).contains(share), "fails", share, "a share of 0 to 1"),
            Trouble::IsSlower(factor) => {
                unless(factor.is_finite() && *factor >= 0.0, "is_slower", factor, "so many times as long: at least 0")
            }
            Trouble::Works(work) => work.check(),
        }
    }

    /// When it ends, if it lasts now.
    fn lasts_until(&self, now: Duration) -> Option<Duration> {
        let since = now.checked_sub(self.from.0)?;
        let since = self.every.map_or(since, |every| remainder(since, every.0));
        let lasts = self.to.map_or(Duration::MAX, |to| to.0.saturating_sub(self.from.0));
        lasts.checked_sub(since).filter(|left| !left.is_zero()).map(|left| now.saturating_add(left))
    }
}

/// What is left of a time when whole periods are taken away.
fn remainder(time: Duration, period: Duration) -> Duration {
    let left = time.as_nanos().checked_rem(period.as_nanos());
    left.and_then(|nanos| u64::try_from(nanos).ok()).map_or(time, Duration::from_nanos)
}
