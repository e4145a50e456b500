//! governor: the same algorithm, in a layer made of ours, because it has none.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use governor::clock::MonotonicClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use palisade::call::{AdmissionLayer, Admit, Plain};
use palisade::event::{Kind, Source};
use palisade::{DefaultClassifier, Error, Name, Rejection};
use tower::{Layer, service_fn};

use super::{BURST, OPEN_FOR};
use crate::inner;
use crate::measure::{Contender, answered, contender};
use crate::rows::Path;

/// By the clock that ours goes by: its default reads the processor's own counter, which costs less and cannot be paused.
type Limiter = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, NoOpMiddleware<Instant>>;

#[derive(Clone)]
struct Limit {
    limiter: Arc<Limiter>,
    source: Source<'static>,
}

impl Admit<u64> for Limit {
    type Guard = ();

    fn admit(&self, _: &u64) -> Result<(), Rejection> {
        // When the call would pass is not asked for: that reads the clock once more.
        self.limiter.check().map_err(|_| self.source.reject(None))
    }
}

pub fn contend(path: Path) -> Option<Contender> {
    Some(match path {
        Path::InRate => {
            let calls = NonZeroU32::new(BURST)?;
            contender(
                layer(limit(Quota::per_second(calls).allow_burst(calls))).layer(service_fn(inner::answer)),
                answered,
            )
        }
        Path::OverRate => {
            let limit = limit(Quota::with_period(OPEN_FOR)?);
            limit.limiter.check().expect("it starts full");
            contender(layer(limit).layer(service_fn(inner::answer)), |_, result: &Result<u64, Error>| result.is_err())
        }
        _ => return None,
    })
}

fn limit(quota: Quota) -> Limit {
    let limiter = Arc::new(RateLimiter::direct_with_clock(quota, MonotonicClock));
    Limit { limiter, source: Source::new(Kind::Custom, Name::new("governor").expect("legal")) }
}

fn layer(limit: Limit) -> AdmissionLayer<Limit, Plain> {
    AdmissionLayer::of(limit, Plain::new(DefaultClassifier))
}
