//! failsafe: a breaker with a policy of consecutive failures, or of a rate over time.

use failsafe::futures::CircuitBreaker;
use failsafe::{Config, Error, FailurePolicy, StateMachine, backoff, failure_policy};
use tower::service_fn;

use super::{OPEN_FOR, WINDOW, open};
use crate::inner::{self, Down};
use crate::measure::{Contender, answered, answered_but_last, contender};
use crate::rows::{Health, Path, Window};

pub fn contend(path: Path) -> Option<Contender> {
    Some(match path {
        Path::Closed(Window::Consecutive, health) => closed(consecutive(5), health),
        Path::Closed(Window::Time, health) => {
            let policy = failure_policy::success_rate_over_time_window(0.5, 20, WINDOW, backoff::constant(OPEN_FOR));
            closed(policy, health)
        }
        Path::Open => {
            let breaker = breaker(consecutive(1));
            let service = open(service_fn(move |n| breaker.call(inner::one_in_hundred(n))), 1);
            contender(service, rejected)
        }
        _ => return None,
    })
}

fn consecutive(failures: u32) -> failure_policy::ConsecutiveFailures<backoff::Constant> {
    failure_policy::consecutive_failures(failures, backoff::constant(OPEN_FOR))
}

fn breaker<P: FailurePolicy>(policy: P) -> StateMachine<P, ()> {
    Config::new().failure_policy(policy).build()
}

fn closed<P: FailurePolicy + Send + Sync + 'static>(policy: P, health: Health) -> Contender {
    let breaker = breaker(policy);
    match health {
        Health::Well => contender(service_fn(move |n| breaker.call(inner::answer(n))), answered),
        Health::OneInHundred => {
            contender(service_fn(move |n| breaker.call(inner::one_in_hundred(n))), answered_but_last)
        }
    }
}

fn rejected(_: u64, result: &Result<u64, Error<Down>>) -> bool {
    matches!(result, Err(Error::Rejected))
}
