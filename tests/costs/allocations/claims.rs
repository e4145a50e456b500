//! What each path is claimed to allocate, and whether it does.

use std::ops::RangeInclusive;

use palisade::Error;
use tower::{Service, ServiceExt};

use crate::allocations::services::{Ask, End, Reply};
use crate::heap::Heap;

pub(crate) const ROUNDS: usize = 1000;

/// Claims are made one after another, and those that are false are told of all at once.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    made: usize,
    broken: Vec<String>,
}

impl Claims {
    /// Claims that after the first rounds, each of many allocates so often. Once more may be the history of a circuit that grows.
    pub(crate) async fn each(&mut self, path: &str, claimed: usize, round: impl AsyncFnMut()) {
        self.all(path, claimed * ROUNDS..=claimed * ROUNDS + 1, round).await;
    }

    /// Claims how often many rounds allocate together, after those in which histories grow.
    pub(crate) async fn all(&mut self, path: &str, claimed: RangeInclusive<usize>, mut round: impl AsyncFnMut()) {
        for _ in 0..ROUNDS {
            round().await;
        }
        let before = Heap::now().allocations;
        for _ in 0..ROUNDS {
            round().await;
        }
        let taken = Heap::now().allocations - before;
        self.made += 1;
        if !claimed.contains(&taken) {
            self.broken.push(format!("{path}: {taken} allocations in {ROUNDS} rounds, not {claimed:?}"));
        }
    }

    /// Claims how often a round of such calls allocates. Each of them ends so.
    pub(crate) async fn calls<S, const N: usize>(
        &mut self,
        path: &str,
        claimed: usize,
        service: &mut S,
        calls: [(Ask, End); N],
    ) where
        S: Service<Ask, Response = Reply, Error = Error>,
    {
        let round = async || {
            for (ask, end) in calls {
                assert_eq!(call(service, ask).await, end, "{path}");
            }
        };
        self.each(path, claimed, round).await;
    }

    /// Fails where a claim is false.
    pub(crate) fn hold(self) {
        assert!(self.made > 0, "nothing was claimed");
        assert!(self.broken.is_empty(), "of {} claims, these are false:\n{}", self.made, self.broken.join("\n"));
    }
}

/// How one call ends.
pub(crate) async fn call<S>(service: &mut S, ask: Ask) -> End
where
    S: Service<Ask, Response = Reply, Error = Error>,
{
    let result = match service.ready().await {
        Ok(service) => service.call(ask).await,
        Err(error) => Err(error),
    };
    End::of(&result)
}
