//! What the service does with a call that reaches it.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::pool::Pool;
use super::work::times;
use super::{Throttle, Trouble, Upstream};
use crate::call::{Call, Failure, Told};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It ends at this time since the start.
    Ends(Duration, Result<(), Failure>),
    Hangs,
}

/// The service as it is now. Times are since the start of the trace.
#[derive(Debug)]
pub(crate) struct State {
    model: Upstream,
    seed: u64,
    draws: SmallRng,
    pool: Pool,
    tokens: f64,
    tokens_at: Duration,
    latest: Told,
    /// The attempts that reached it.
    pub(crate) sent: u64,
    /// Those among them that it fails, refuses, or never answers.
    pub(crate) vain: u64,
}

impl State {
    pub(crate) fn new(model: &Upstream, seed: u64) -> Self {
        Self {
            model: model.clone(),
            seed,
            // Other draws than those of the arrivals.
            draws: SmallRng::seed_from_u64(!seed),
            pool: Pool::new(model.workers, model.queue),
            tokens: model.throttle.map_or(0.0, |throttle| throttle.burst),
            tokens_at: Duration::ZERO,
            latest: Told::default(),
            sent: 0,
            vain: 0,
        }
    }

    /// The calls that are here, working and queued.
    pub(crate) fn busy(&mut self, now: Duration) -> usize {
        self.pool.busy(now)
    }

    /// A call of the trace arrives at the stack.
    pub(crate) const fn hear(&mut self, told: Told) {
        self.latest = told;
    }

    /// An attempt reaches the service.
    pub(crate) fn take(&mut self, call: &Call, now: Duration) -> Fate {
        self.sent += 1;
        let fate = self.fate(call, now);
        self.vain += u64::from(!matches!(fate, Fate::Ends(_, Ok(()))));
        fate
    }

    fn fate(&mut self, call: &Call, now: Duration) -> Fate {
        // Both are drawn for each attempt, so that a spell changes nothing else.
        let (length, luck) = (self.draws.random::<f64>(), self.draws.random::<f64>());
        // One that comes later than it arrived meets what the trace tells of the time when it comes.
        let told = if call.at == now { call.told } else { self.latest };
        let (mut work, mut fails, mut begins) = (self.model.work.at(length), self.model.fails, now);
        for spell in self.model.spells.iter().filter(|spell| self.meets(call, spell.share)) {
            let Some(end) = spell.lasts_until(now) else { continue };
            match &spell.it {
                Trouble::Refuses => return Fate::Ends(now, Err(Failure::Down)),
                Trouble::Hangs => return Fate::Hangs,
                Trouble::Stalls => begins = end,
                Trouble::Fails(share) => fails = *share,
                Trouble::IsSlower(factor) => work = times(work, *factor),
                Trouble::Works(other) => work = other.at(length),
            }
        }
        if let Some(Throttle { retry_after, .. }) = self.throttles(now) {
            return Fate::Ends(now, Err(Failure::Throttled { retry_after: retry_after.map(|span| span.0) }));
        }
        let Some(end) = self.pool.enter(now, begins, told.latency.unwrap_or(work)) else {
            return Fate::Ends(now, Err(Failure::Full));
        };
        let is_failed = luck < fails;
        Fate::Ends(end, told.outcome.unwrap_or(if is_failed { Err(Failure::Failed) } else { Ok(()) }))
    }

    /// Takes a token, or says who refuses.
    fn throttles(&mut self, now: Duration) -> Option<Throttle> {
        let throttle = self.model.throttle?;
        let gained = throttle.per_second * now.saturating_sub(self.tokens_at).as_secs_f64();
        (self.tokens, self.tokens_at) = ((self.tokens + gained).min(throttle.burst), now);
        let takes = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(takes));
        (!takes).then_some(throttle)
    }

    /// Whether a call is in a share of them. The same for all its attempts.
    fn meets(&self, call: &Call, share: Option<f64>) -> bool {
        let draw = || SmallRng::seed_from_u64(self.seed.rotate_left(32) ^ call.number).random::<f64>();
        share.is_none_or(|share| draw() < share)
    }
}
