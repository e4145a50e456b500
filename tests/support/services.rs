//! Services that several tests put layers around, and ways to call them.

use std::future::{Pending, Ready, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use palisade::test_util::{ScriptedService, ServiceProbe};
use palisade::{BulkheadLayer, Error, Rejection, TimeoutLayer};
use tokio_test::task::{Spawn, spawn};
use tower::{Layer, Service, ServiceExt};

use super::{Down, Strict, strict};

/// A service that answers at once.
pub type Prompt<R> = Strict<fn(R) -> Ready<Result<R, Down>>>;

/// Answers what it is asked.
pub fn up<R>() -> Prompt<R> {
    strict(|request| ready(Ok(request)))
}

/// Fails with `Down(1)`.
pub fn down<R>() -> Prompt<R> {
    strict(|_| ready(Err(Down(1))))
}

/// A service that never answers.
pub type Hung<R> = Strict<fn(R) -> Pending<Result<R, Down>>>;

/// Never answers.
pub fn hung<R>() -> Hung<R> {
    strict(|_| pending())
}

/// A code for a rejection by a layer below. Codes below 100 are errors of the service, and codes from 200 on are responses.
pub const REJECTED: u32 = 100;
/// A code for a timeout of a layer below.
pub const TIMED_OUT: u32 = 101;

/// The rejection that [`REJECTED`] stands for.
pub fn rejected() -> Rejection {
    BulkheadLayer::new(0).handle().try_enter().expect_err("it has no places")
}

/// The result that a code stands for.
pub fn result(code: u32) -> Result<u32, Error> {
    match code {
        REJECTED => Err(rejected().into()),
        TIMED_OUT => TimeoutLayer::new(Duration::ZERO).layer(hung()).oneshot(0).now_or_never().expect("it has no time"),
        0..100 => Err(Error::Service(Down(code).into())),
        _ => Ok(code),
    }
}

/// The code that stands for a result.
pub fn code(result: &Result<u32, Error>) -> u32 {
    match result {
        Ok(code) => *code,
        Err(Error::Rejected(_)) => REJECTED,
        Err(Error::TimedOut(_)) => TIMED_OUT,
        Err(error) => error.downcast_ref().map(|Down(code)| *code).expect("the service fails with nothing else"),
    }
}

/// A service that gives results by their codes.
pub type Coded = ServiceProbe<ScriptedService<u32, Error>, Error>;

/// Gives these results, one a call and the last one again and again, all clones together.
pub fn coded(codes: &'static [u32]) -> Coded {
    ServiceProbe::new(ScriptedService::new(last_repeats(codes).map(result)))
}

/// These, and the last one again and again.
pub fn last_repeats(codes: &'static [u32]) -> impl Iterator<Item = u32> + Send {
    codes.iter().chain(codes.last().into_iter().cycle()).copied()
}

/// What a poll for readiness gives.
pub type Readiness = Poll<Result<(), Down>>;

pub const READY: Readiness = Poll::Ready(Ok(()));
/// A readiness that fails with `Down(3)`.
pub const FAILS: Readiness = Poll::Ready(Err(Down(3)));

pub fn poll_ready<S: Service<R>, R>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// Readies the service and calls it, without polling the call.
pub fn call<S: Service<R>, R>(service: &mut S, request: R) -> Spawn<S::Future> {
    assert!(matches!(poll_ready(service), Poll::Ready(Ok(()))), "not ready");
    spawn(service.call(request))
}

/// A call that was polled once and is pending.
pub fn begin<S: Service<R>, R>(service: &mut S, request: R) -> Spawn<S::Future> {
    let mut call = call(service, request);
    assert!(call.poll().is_pending(), "a call to be pending is over");
    call
}

pub fn panics<T>(run: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}
