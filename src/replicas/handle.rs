//! Looks at replicas and steers them.

use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;

use super::shared::Core;
use crate::cached_arc::CachedArc;
use crate::error::ConfigError;
use crate::event::Action;
use crate::judge::{Judge, Judgement};
use crate::name::Name;
use crate::state::counts::share;
use crate::state::replicas::{MAX_WEIGHT, MemberView, Phase, View};
use crate::state::verdict::{Level, Verdict};
use crate::time::Clock;

/// Looks at replicas and steers them, from anywhere.
///
/// Handles are cheap to clone. All handles of a service, and all its clones, share the state of its replicas. As a [`Judge`], a
/// handle says what its [`verdict`](Self::verdict) is, so replicas of replicas can be judged. While that is `Healthy`, it is as it was
/// when its replicas last changed; otherwise it looks again, at most ten times a second. It is [`OnTrial`](Judgement::OnTrial) where
/// only a call can find out whether one of them is better.
#[derive(Clone, Debug)]
pub struct ReplicasHandle {
    pub(super) core: CachedArc<Core>,
}

/// All replicas of a service, as they were when somebody looked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReplicasSnapshot {
    /// The replicas, in the order in which calls fail over.
    pub replicas: Vec<ReplicaSnapshot>,
    /// How many are healthy or degraded.
    pub healthy: usize,
    /// Of how many: those that are not drained and have a weight.
    pub of: usize,
    /// Whether health is ignored, because too few are healthy.
    pub is_panic: bool,
}

/// A replica, as it was when somebody looked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReplicaSnapshot {
    /// Its name.
    pub name: Arc<str>,
    /// What the results of its calls have made of it.
    pub phase: Phase,
    /// What its judges say: the worst of it.
    pub judgement: Judgement,
    /// Why they say so, where one of them tells.
    pub why: Option<String>,
    /// Whether it is drained.
    pub is_drained: bool,
    /// Whether it takes all calls, because they fail over and it is its turn.
    pub is_in_use: bool,
    /// Its weight.
    pub weight: u32,
    /// Its tier.
    pub tier: u32,
    /// The calls that it has now.
    pub in_flight: u64,
    /// The calls that it has ended with a result.
    pub calls: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// How many times it was ejected, less one for each [`base`](super::ReplicasBuilder::base) in service since.
    pub ejections: u64,
    /// Since when it is in its phase.
    pub since: Instant,
    /// When its next trial is due, where it is ejected or on trial.
    pub until: Option<Instant>,
}

impl ReplicaSnapshot {
    fn of(view: MemberView, clock: &Clock) -> Self {
        Self {
            name: view.name,
            phase: view.phase,
            judgement: view.judgement,
            why: view.why,
            is_drained: view.is_drained,
            is_in_use: view.is_in_use,
            weight: u32::try_from(view.weight).unwrap_or(MAX_WEIGHT),
            tier: view.tier,
            in_flight: view.in_flight,
            calls: view.calls,
            failures: view.failures,
            ejections: view.times,
            since: clock.instant(view.since),
            until: view.until.map(|until| clock.instant(until)),
        }
    }
}

impl ReplicasHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.row.name()
    }

    /// Looks at all replicas. It asks their judges.
    pub fn snapshot(&self) -> ReplicasSnapshot {
        let View { members, healthy, of, is_panic, .. } = self.core.view();
        let replicas = members.into_iter().map(|member| ReplicaSnapshot::of(member, &self.core.clock)).collect();
        ReplicasSnapshot { replicas, healthy, of, is_panic }
    }

    /// A signal for a [`Mode`](crate::Mode): the share of those that take calls that is not healthy. It is 1 where none take calls.
    ///
    /// It asks their judges.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let replicas = self.clone();
        move || {
            let View { healthy, of, .. } = replicas.core.view();
            if of == 0 { 1.0 } else { share((of - healthy.min(of)) as u64, of as u64) }
        }
    }

    /// Says whether enough replicas are healthy.
    ///
    /// It is `Unhealthy` where fewer are than [`needed`](super::ReplicasBuilder::needed), and `Degraded` where
    /// [`spares`](super::ReplicasBuilder::spares) are missing. Return it from a [`HealthCheck`](crate::HealthCheck) to take it into
    /// the health of your service.
    pub fn verdict(&self) -> Verdict {
        let View { healthy, spares, .. } = self.core.view();
        let rules = self.core.roster.rules();
        match spares {
            Level::Healthy => Verdict::Healthy,
            Level::Degraded => {
                let all = rules.needed.saturating_add(rules.spares);
                Verdict::Degraded(format!("{healthy} of {all} replicas, with the spares, are healthy").into())
            }
            Level::Unhealthy => {
                Verdict::Unhealthy(format!("{healthy} of {} replicas are healthy", rules.needed).into())
            }
        }
    }

    /// Removes a replica. Its calls go on to their ends, and a replica of the same name that is added later is a new one.
    ///
    /// Each clone of the service drops the replica's service at its next call. Returns whether there was a replica of this name.
    pub fn remove(&self, replica: &str) -> bool {
        self.core.remove(replica)
    }

    /// Gives a replica no new calls, until [`undrain`](Self::undrain).
    ///
    /// [`drained`](Self::drained) waits for those that it has. Returns whether there is a replica of this name.
    pub fn drain(&self, replica: &str) -> bool {
        self.core.steer(replica, &Action::Drain)
    }

    /// Gives a drained replica calls again. Returns whether there is a replica of this name.
    pub fn undrain(&self, replica: &str) -> bool {
        self.core.steer(replica, &Action::Undrain)
    }

    /// Waits until a replica that is drained, or is removed meanwhile, has no call in flight.
    ///
    /// Returns at once if there is no replica of this name. One that is not drained is waited for until it is.
    ///
    /// # Cancellation
    ///
    /// Dropping the future changes nothing.
    pub async fn drained(&self, replica: &str) {
        let (members, _) = self.core.roster.members();
        let Some(member) = members.iter().find(|member| &**member.name() == replica) else { return };
        loop {
            let mut notified = pin!(self.core.drained.notified());
            // Before the look, so that no end is missed.
            notified.as_mut().enable();
            if member.is_at_rest() {
                return;
            }
            notified.await;
        }
    }

    /// Puts a replica first in the order in which calls fail over, until another one is promoted.
    ///
    /// It takes the calls at once if it is healthy. Returns whether there is a replica of this name.
    pub fn promote(&self, replica: &str) -> bool {
        self.core.steer(replica, &Action::Promote)
    }

    /// Ejects a replica, however many are ejected. Returns whether there is a replica of this name.
    pub fn eject(&self, replica: &str) -> bool {
        self.core.steer(replica, &Action::Eject)
    }

    /// Puts a replica that is ejected or on trial back in service. Returns whether there is a replica of this name.
    pub fn readmit(&self, replica: &str) -> bool {
        self.core.steer(replica, &Action::Readmit)
    }

    /// Sets the [weight](super::Replica::weight) of a replica. Returns whether there is a replica of this name.
    ///
    /// # Errors
    ///
    /// When the weight is above 1,000,000.
    pub fn set_weight(&self, replica: &str, weight: u32) -> Result<bool, ConfigError> {
        let action = Action::SetWeight(weight);
        self.core.check(&action)?;
        Ok(self.core.steer(replica, &action))
    }
}

impl Judge for ReplicasHandle {
    fn judge(&self) -> Judgement {
        self.core.judgement()
    }

    fn why(&self) -> Option<String> {
        self.verdict().why().map(str::to_owned)
    }
}
