//! The settings of replicas, as they are checked and used.

use std::sync::Arc;
use std::time::Duration;

use super::replica::Replica;
use super::seat::{JudgeOf, Seat, Takeover, Welcome};
use super::set::illegal;
use super::shared::{Core, Reach};
use crate::backoff::{Backoff, Jitter, generator};
use crate::cached_arc::CachedArc;
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::replicas::{Newcomer, Roster, Rules};
use crate::time::Clock;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) rules: Rules,
    /// `None` where it was not set.
    pub(super) needed: Option<usize>,
    pub(super) reach: Reach,
    pub(super) backoff: Backoff,
    pub(super) judges: Vec<JudgeOf>,
    pub(super) takeover: Option<Takeover>,
    pub(super) seed: Option<u64>,
    pub(super) registry: Registry,
}

impl Default for Settings {
    fn default() -> Self {
        let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(60)).jitter(Jitter::Equal);
        Self {
            rules: Rules::DEFAULT,
            needed: None,
            reach: Reach { max_tries: usize::MAX, ready_within: Duration::ZERO },
            backoff,
            judges: Vec::new(),
            takeover: None,
            seed: None,
            registry: Registry::global(),
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Self { rules, needed, reach, backoff, .. } = self;
        let share = |setting, share: f64| ConfigError::unless((0.0..=1.0).contains(&share), setting, share, "0 to 1");
        let consecutive = rules.consecutive.unwrap_or(1);
        ConfigError::unless(reach.max_tries >= 1, "max_tries", reach.max_tries, "at least 1")?;
        ConfigError::unless(consecutive >= 1, "consecutive", consecutive, "at least 1")?;
        ConfigError::unless(rules.shards != Some(0), "shards", 0, "at least 1")?;
        share("min_gap", rules.min_gap)?;
        share("max_ejected", rules.max_ejected)?;
        share("panic_below", rules.panic_below)?;
        let needed = needed.unwrap_or(1);
        ConfigError::unless((1..=1_000).contains(&needed), "needed", needed, "1 to 1,000")?;
        ConfigError::unless(rules.spares <= 1_000, "spares", rules.spares, "at most 1,000")?;
        backoff.check("backoff")
    }

    pub(super) fn core<S>(self, name: Name, replicas: Vec<Replica<S>>) -> Result<Parts<S>, ConfigError> {
        let Self { rules, needed, reach, backoff, judges, takeover, seed, registry } = self;
        let takes_over = takeover.is_some() && rules.fails_over();
        let (clock, rules) = (Clock::start(), Rules { needed: needed.unwrap_or(0), takes_over, ..rules });
        let last_takeover = takes_over.then(Arc::default);
        let welcome = Welcome { clock, backoff, seed, judges, takeover, last_takeover };
        let (newcomers, seats): (Vec<_>, _) = replicas.into_iter().map(|replica| welcome.seat(replica)).unzip();
        let is_judged = newcomers.iter().any(|newcomer: &Newcomer| !newcomer.judges.is_empty());
        let seed = seed.unwrap_or_else(|| rand::Rng::next_u64(&mut generator(None)));
        let names: Vec<_> = newcomers.iter().map(|newcomer| Arc::clone(&newcomer.name)).collect();
        let roster = Roster::new(rules, seed, newcomers, clock.now());
        let roster = roster.map_err(|unfit| illegal(unfit, again(&names)))?;
        let core = Core::new(&registry.listing(Kind::Replicas, name), roster, clock, reach, is_judged);
        Ok((core, welcome, seats))
    }
}

/// What a set is made of.
pub(super) type Parts<S> = (CachedArc<Core>, Welcome, Vec<Seat<S>>);

/// The first name that comes again.
fn again(names: &[Arc<str>]) -> &str {
    let again = names.iter().enumerate().find(|(number, name)| names[..*number].contains(name));
    again.map_or("", |(_, name)| name)
}
