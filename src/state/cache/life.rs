//! How long an entry lives, and in which phase it is.
//!
//! ```text
//!   stored ---- fresh ----|---- stale, while it is refreshed ----|
//!                         |---- stale, if the service fails ------------|
//!                         |---- kept, for a fallback ----------------------|  gone
//! ```
//!
//! The times after freshness are those of RFC 5861: each begins where freshness ends.

use crate::time::Nanos;

/// How long an entry is of use after it was fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grace {
    pub(crate) while_revalidate: Nanos,
    pub(crate) if_error: Nanos,
    pub(crate) keep: Nanos,
}

impl Grace {
    pub(crate) const NONE: Self = Self { while_revalidate: Nanos(0), if_error: Nanos(0), keep: Nanos(0) };
}

/// What an entry is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Fresh,
    /// It is the answer, while it is refreshed.
    Stale,
    /// It is the answer if the service fails.
    OnError,
    /// A fallback may give it.
    Kept,
    Gone,
}

/// The life of one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    stored_at: Nanos,
    ttl: Nanos,
    grace: Grace,
    /// How long the call took that it is of.
    took: Nanos,
}

/// The greatest `-ln(u)` that is drawn: of 2^-53.
const LONGEST: f64 = 36.8;

impl Life {
    /// Of what is no response, and stays as long as there is room.
    pub(crate) const ENDLESS: Self = Self { stored_at: Nanos(0), ttl: Nanos::MAX, grace: Grace::NONE, took: Nanos(0) };

    /// Of an entry that was stored now, of a call that took so long. A drawn number shortens the time by up to the jitter.
    pub(crate) fn new(ttl: Nanos, grace: Grace, jitter: f64, drawn: u64, took: Nanos, now: Nanos) -> Self {
        Self { stored_at: now, ttl: part(ttl, 1.0 - jitter * (1.0 - share(drawn))), grace, took }
    }

    pub(crate) fn age(&self, now: Nanos) -> Nanos {
        now.saturating_sub(self.stored_at)
    }

    /// How old it is for one who came at this time, if it is older than that: `None` if its call began since then, so that none of
    /// its own would have brought anything newer.
    pub(crate) fn age_for(&self, came: Option<Nanos>, now: Nanos) -> Option<Nanos> {
        let began = self.stored_at.saturating_sub(self.took);
        came.is_none_or(|came| began < came).then(|| self.age(now))
    }

    #[inline]
    pub(crate) fn phase(&self, now: Nanos) -> Phase {
        let age = self.age(now);
        let is_within = |grace: Nanos| age < self.ttl.saturating_add(grace);
        let Grace { while_revalidate, if_error, keep } = self.grace;
        match age {
            _ if age < self.ttl => Phase::Fresh,
            _ if is_within(while_revalidate) => Phase::Stale,
            _ if is_within(if_error) => Phase::OnError,
            _ if is_within(keep) => Phase::Kept,
            _ => Phase::Gone,
        }
    }

    /// Whether it is the answer where the service has failed.
    pub(crate) fn stands_in(&self, now: Nanos) -> bool {
        self.age(now) < self.ttl.saturating_add(self.grace.if_error)
    }

    /// Whether a fallback may give it.
    pub(crate) fn is_kept(&self, now: Nanos) -> bool {
        self.phase(now) != Phase::Gone
    }

    /// Whether chance has it refreshed before its time: where `age - took x beta x ln(u) >= ttl` for an even `u` (`XFetch`; Vattani,
    /// Chierichetti and Lowenstein, 2015). So the longer a call takes, the earlier it is made. Nothing is drawn where no number would do.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "a time to within a millionth decides as well")]
    pub(crate) fn is_early(&self, now: Nanos, beta: f64, draw: impl FnOnce() -> u64) -> bool {
        let left = self.ttl.saturating_sub(self.age(now)).0 as f64;
        let eagerness = self.took.0 as f64 * beta;
        left <= eagerness * LONGEST && left <= -share(draw()).ln() * eagerness
    }
}

/// A number as a share above 0, and up to 1.
#[expect(clippy::cast_precision_loss, reason = "of 53 bits nothing is lost")]
fn share(drawn: u64) -> f64 {
    ((drawn >> 11) + 1) as f64 / (1_u64 << 53) as f64
}

/// A part of a time. The largest stays what it is, as never ends.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "it is between zero and the time"
)]
fn part(time: Nanos, share: f64) -> Nanos {
    Nanos((time.0 as f64 * share) as u64).min(time)
}
