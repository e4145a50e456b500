//! The services within, and how their calls end.

use std::cell::Cell;
use std::future::{Pending, Ready, pending, ready};
use std::{error, fmt};

use palisade::{Error, Outcome};
use tokio::task::yield_now;
use tower::util::ServiceFn;
use tower::{Service, service_fn};

/// A request, which says how it is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Good,
    Bad,
    Break,
    /// A bad reply to the first of two attempts.
    BadOnce,
    /// An error at the first of two attempts.
    BreakOnce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Good,
    /// Means failure, as a status may.
    Bad,
    Fallback,
}

/// An error with something in it, so that boxing it allocates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken([u64; 4]);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken: {:?}", self.0)
    }
}

impl error::Error for Broken {}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Good,
    Bad,
    Broken,
    Fallback,
    Rejected,
    TimedOut,
}

impl End {
    pub(crate) fn of(result: &Result<Reply, Error>) -> Self {
        match result {
            Ok(Reply::Good) => Self::Good,
            Ok(Reply::Bad) => Self::Bad,
            Ok(Reply::Fallback) => Self::Fallback,
            Err(Error::Rejected(_)) => Self::Rejected,
            Err(Error::TimedOut(_)) => Self::TimedOut,
            Err(_) => Self::Broken,
        }
    }
}

pub(crate) type Inner<Fut> = ServiceFn<fn(Ask) -> Fut>;

/// Answers at once.
pub(crate) fn inner() -> Inner<Ready<Result<Reply, Broken>>> {
    service_fn(|ask| ready(reply(ask)))
}

/// Answers when polled again.
pub(crate) fn slow() -> impl Service<Ask, Response = Reply, Error = Broken, Future: Send> + Clone {
    service_fn(async |ask| {
        yield_now().await;
        reply(ask)
    })
}

/// Never answers.
pub(crate) fn silent() -> Inner<Pending<Result<Reply, Broken>>> {
    service_fn(|_| pending())
}

thread_local! {
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn reply(ask: Ask) -> Result<Reply, Broken> {
    let fails = ask != Ask::Good && !FAILED.get();
    FAILED.set(fails && matches!(ask, Ask::BadOnce | Ask::BreakOnce));
    match ask {
        Ask::Bad | Ask::BadOnce if fails => Ok(Reply::Bad),
        Ask::Break | Ask::BreakOnce if fails => Err(Broken([0; 4])),
        _ => Ok(Reply::Good),
    }
}

/// Takes bad replies and errors for failures that may pass.
pub(crate) fn transient(result: Result<&Reply, &Error>) -> Outcome {
    match result {
        Ok(Reply::Bad) | Err(_) => Outcome::Transient,
        Ok(_) => Outcome::Success,
    }
}

/// Takes bad replies for failures that may pass, and errors for those that do not.
pub(crate) fn lasting(result: Result<&Reply, &Error>) -> Outcome {
    match result {
        Err(_) => Outcome::Failed,
        result => transient(result),
    }
}

pub(crate) type Classifier = fn(Result<&Reply, &Error>) -> Outcome;
