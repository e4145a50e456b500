//! recloser: a breaker that counts in a ring of results.

use recloser::{AsyncRecloser, Error, Recloser};
use tower::service_fn;

use super::{OPEN_FOR, open};
use crate::inner::{self, Down};
use crate::measure::{Contender, answered, answered_but_last, contender};
use crate::rows::{Health, Path, Window};

pub fn contend(path: Path) -> Option<Contender> {
    Some(match path {
        Path::Closed(Window::Count, Health::Well) => {
            let breaker = breaker(100);
            contender(service_fn(move |n| breaker.call(inner::answer(n))), answered)
        }
        Path::Closed(Window::Count, Health::OneInHundred) => {
            let breaker = breaker(100);
            contender(service_fn(move |n| breaker.call(inner::one_in_hundred(n))), answered_but_last)
        }
        Path::Open => {
            let breaker = breaker(1);
            // Its ring must be full first, and is looked at with the next result.
            let service = open(service_fn(move |n| breaker.call(inner::one_in_hundred(n))), 2);
            contender(service, rejected)
        }
        _ => return None,
    })
}

fn breaker(results: usize) -> AsyncRecloser {
    AsyncRecloser::from(Recloser::custom().error_rate(0.5).closed_len(results).open_wait(OPEN_FOR).build())
}

fn rejected(_: u64, result: &Result<u64, Error<Down>>) -> bool {
    matches!(result, Err(Error::Rejected))
}
