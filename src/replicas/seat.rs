//! What a replica is beside its member, and what is done to each that comes.

use std::sync::Arc;
use std::sync::atomic::AtomicU64; // no model checks it

use super::first::{Begun, First, Step};
use super::gate::Gate;
use super::replica::{Replica, Served};
use crate::backoff::Backoff;
use crate::judge::{Judge, Judgement};
use crate::state::replicas::Newcomer;
use crate::time::Clock;

/// What a replica is beside its member.
pub(super) struct Seat<S> {
    served: Served<S>,
    pub(super) first: Option<Arc<First>>,
}

impl<S> Seat<S> {
    /// Its service, or what is to be awaited before calls go there.
    #[inline]
    pub(super) fn open(&self) -> Result<&S, &Arc<First>> {
        match &self.first {
            Some(first) if !first.is_done() => Err(first),
            _ => Ok(self.service()),
        }
    }

    /// Its service, once calls may go there.
    pub(super) fn service(&self) -> &S {
        self.served.get().expect("it is made before calls go there")
    }
}

/// Lets another judge judge each replica, by its name.
pub(super) type JudgeOf = Arc<dyn Fn(&str) -> Arc<dyn Judge> + Send + Sync>;

/// What takes over: it is awaited before calls go to the replica of this name.
pub(super) type Takeover = Arc<dyn Fn(Arc<str>) -> Begun + Send + Sync>;

/// What is done to each replica that comes.
#[derive(Clone)]
pub(super) struct Welcome {
    pub(super) clock: Clock,
    pub(super) backoff: Backoff,
    pub(super) seed: Option<u64>,
    pub(super) judges: Vec<JudgeOf>,
    pub(super) takeover: Option<Takeover>,
    /// The number of the last takeover, where one replica takes over from another.
    pub(super) last_takeover: Option<Arc<AtomicU64>>,
}

impl Welcome {
    pub(super) fn seat<S>(&self, replica: Replica<S>) -> (Newcomer, Seat<S>) {
        let Replica { mut newcomer, service: served, make } = replica;
        newcomer.judges.extend(self.judges.iter().map(|judge_of| judge_of(&newcomer.name)));
        if self.last_takeover.is_some() {
            newcomer.judges = newcomer.judges.into_iter().map(|judge| Arc::new(StandsBy(judge)) as _).collect();
        }
        let steps: Vec<Step> = make.into_iter().chain(self.takeover_of(&newcomer.name)).collect();
        let first = (!steps.is_empty()).then(|| {
            let gate = Arc::new(Gate::new(self.clock, self.backoff, self.seed));
            newcomer.judges.push(Arc::<Gate>::clone(&gate));
            Arc::new(First::new(steps, self.last_takeover.clone(), gate))
        });
        (newcomer, Seat { served, first })
    }

    fn takeover_of(&self, name: &Arc<str>) -> Option<Step> {
        let (take_over, name) = (self.takeover.clone()?, Arc::clone(name));
        Some(Arc::new(move || take_over(Arc::clone(&name))))
    }
}

/// A judge of a replica that stands by: what only a call can find out is found out when calls go there.
struct StandsBy(Arc<dyn Judge>);

impl Judge for StandsBy {
    fn judge(&self) -> Judgement {
        match self.0.judge() {
            Judgement::OnTrial => Judgement::Healthy,
            judgement => judgement,
        }
    }

    fn why(&self) -> Option<String> {
        self.0.why()
    }
}
