//! seatbelt, through its implementation of tower's trait. It has no bulkhead and no budget; its breaker has a window of time.

use std::time::Duration;

use seatbelt::breaker::{Breaker, BreakerLayer};
use seatbelt::chaos::injection::{Injection, InjectionLayer};
use seatbelt::fallback::{Fallback, FallbackLayer};
use seatbelt::hedging::{Hedging, HedgingLayer};
use seatbelt::retry::{Backoff, Retry, RetryLayer};
use seatbelt::timeout::{Timeout, TimeoutLayer};
use seatbelt::typestates::Set;
use seatbelt::{RecoveryInfo, ResilienceContext};
use tick::Clock;
use tower::{Layer, ServiceBuilder, service_fn};

use super::{ATTEMPTS, LIMIT, OPEN_FOR, TOTAL_LIMIT, WINDOW, open};
use crate::inner::{self, Down, FALLBACK};
use crate::measure::{Contender, answered, answered_but_last, contender};
use crate::rows::{After, Budget, Failure, First, Health, Path, Window};

type Output = Result<u64, Down>;

pub fn contend(path: Path) -> Option<Contender> {
    Some(match path {
        Path::Closed(Window::Time, Health::Well) => contender(breaker(20).layer(service_fn(inner::fallible)), answered),
        Path::Closed(Window::Time, Health::OneInHundred) => {
            contender(breaker(20).layer(service_fn(inner::one_in_hundred)), answered_but_last)
        }
        Path::Open => {
            let service = open(breaker(1).layer(service_fn(inner::last_fails)), 1);
            contender(service, |_, result| result.is_err())
        }
        Path::Ready => contender(timeout(LIMIT).layer(service_fn(inner::fallible)), answered),
        Path::PendingOnce => contender(timeout(LIMIT).layer(service_fn(inner::pending_once_fallible)), answered),
        Path::Unneeded(Budget::Off) => contender(retry().layer(service_fn(inner::fallible)), answered),
        Path::OneFailure(Budget::Off, Failure::Error) => contender(retry().layer(service_fn(inner::flaky)), answered),
        Path::Hedged(After::Delay, First::Ready) => contender(hedge().layer(service_fn(inner::fallible)), answered),
        Path::Hedged(After::Delay, First::PendingOnce) => {
            contender(hedge().layer(service_fn(inner::pending_once_fallible)), answered)
        }
        Path::Unharmed => contender(chaos().layer(service_fn(inner::fallible)), answered),
        Path::NotTaken => contender(fallback().layer(service_fn(inner::fallible)), answered),
        Path::Taken => contender(fallback().layer(service_fn(inner::down)), |_, result| matches!(result, Ok(FALLBACK))),
        Path::Five => four(),
        _ => return None,
    })
}

fn context() -> ResilienceContext<u64, Output> {
    ResilienceContext::new(Clock::new_tokio())
}

fn recovery(output: &Output) -> RecoveryInfo {
    if output.is_err() { RecoveryInfo::retry() } else { RecoveryInfo::never() }
}

fn breaker(min_calls: u32) -> BreakerLayer<u64, Output, Set, Set> {
    Breaker::layer("breaker", &context())
        .recovery_with(|output, _| recovery(output))
        .rejected_input_error(|_, _| Down)
        .failure_threshold(0.5)
        .min_throughput(min_calls)
        .sampling_duration(WINDOW)
        .break_duration(OPEN_FOR)
}

fn timeout(limit: Duration) -> TimeoutLayer<u64, Output, Set, Set> {
    Timeout::layer("timeout", &context()).timeout_error(|_| Down).timeout(limit)
}

fn retry() -> RetryLayer<u64, Output, Set, Set> {
    Retry::layer("retry", &context())
        .clone_input()
        .recovery_with(|output, _| recovery(output))
        .max_retry_attempts(ATTEMPTS - 1)
        .backoff(Backoff::Constant)
        .base_delay(Duration::ZERO)
        .use_jitter(false)
}

fn hedge() -> HedgingLayer<u64, Output, Set, Set> {
    Hedging::layer("hedge", &context()).clone_input().recovery_with(|output, _| recovery(output)).hedging_delay(LIMIT)
}

fn chaos() -> InjectionLayer<u64, Output, Set, Set> {
    Injection::layer("chaos", &context()).rate(1.0).output_error(Down).disable()
}

fn fallback() -> FallbackLayer<u64, Output, Set, Set> {
    Fallback::layer("fallback", &context())
        .should_fallback(|output: &Output| output.is_err())
        .fallback_output(Ok(FALLBACK))
}

fn four() -> Contender {
    let service = ServiceBuilder::new()
        .layer(fallback())
        .layer(timeout(TOTAL_LIMIT))
        .layer(retry())
        .layer(breaker(20))
        .service_fn(inner::fallible);
    contender(service, answered)
}
