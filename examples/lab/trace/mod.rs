//! The calls: when they arrive, and what is known of each.

mod line;
pub(crate) mod load;
pub(crate) mod read;

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use self::load::{Load, Poisson};
use crate::call::Told;

/// A call that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Since the start.
    pub(crate) at: Duration,
    pub(crate) told: Told,
}

/// The calls of a scenario.
#[derive(Clone, Debug)]
pub(crate) enum Trace {
    /// Drawn from the seed, one load after the other.
    Drawn(Vec<Load>),
    /// Read from a file, in the order of their arrivals.
    Read(Vec<Arrival>),
}

impl Trace {
    /// The arrivals in their order. With the same seed they are the same.
    pub(crate) fn arrivals(&self, seed: u64) -> Box<dyn Iterator<Item = Arrival> + '_> {
        match self {
            Self::Drawn(loads) => {
                let arrivals = Poisson::new(loads, SmallRng::seed_from_u64(seed));
                Box::new(arrivals.map(|at| Arrival { at, told: Told::default() }))
            }
            Self::Read(arrivals) => Box::new(arrivals.iter().copied()),
        }
    }

    /// How long calls arrive.
    pub(crate) fn lasts(&self) -> Duration {
        match self {
            Self::Drawn(loads) => loads.iter().map(|load| load.lasts.0).sum(),
            Self::Read(arrivals) => arrivals.last().map_or(Duration::ZERO, |arrival| arrival.at),
        }
    }
}
