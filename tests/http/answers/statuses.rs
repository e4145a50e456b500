//! The error as a status of tonic's, and in the chain of sources where tonic looks for one.

use std::{
    error,
    io::{Error as IoError, ErrorKind},
    iter,
};

use palisade::Error;
use tonic::{Code, Status, TimeoutExpired};
use tower::BoxError;

use crate::answers::{
    SECOND, crowded,
    health::{assert_own, own, pushback},
    rejected,
    support::Down,
    timed_out,
};

fn chain<'a>(error: &'a (dyn error::Error + 'static)) -> impl Iterator<Item = &'a (dyn error::Error + 'static)> {
    iter::successors(Some(error), |error| error.source())
}

#[tokio::test(start_paused = true)]
async fn every_error_becomes_a_status_that_is_not_unknown() {
    for (error, expected) in [
        (rejected(SECOND).await, Code::Unavailable),
        (crowded().await, Code::ResourceExhausted),
        (timed_out().await, Code::DeadlineExceeded),
        (Error::Service(Down(1).into()), Code::Internal),
        (Error::Service(IoError::from(ErrorKind::ConnectionRefused).into()), Code::Unavailable),
        (Error::Service(TimeoutExpired(()).into()), Code::DeadlineExceeded),
        (Error::Service(IoError::other(TimeoutExpired(())).into()), Code::DeadlineExceeded),
    ] {
        let shown = format!("{error:?}");
        assert_eq!(Status::from(error).code(), expected, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_has_pushback_only_where_it_is_known() {
    assert_eq!(pushback(&Status::from(rejected(SECOND).await)), Some(1000));
    assert_eq!(pushback(&Status::from(crowded().await)), None);
    assert_eq!(pushback(&Status::from(timed_out().await)), None);
}

#[tokio::test(start_paused = true)]
async fn a_status_keeps_the_error_it_was_made_of() {
    let status = Status::from(crowded().await);
    let found = chain(&status).find_map(|cause| cause.downcast_ref::<Error>());
    assert_eq!(found.and_then(Error::rejection).map(|rejection| rejection.name().as_str()), Some("secret"));
}

#[test]
fn a_services_own_status_stays_what_it_was() {
    assert_own(&Status::from(Error::Service(own().into())));
    assert_own(&Status::from(Error::Service(Wrapped(own()).into())));
    assert_own(&Status::from(Error::Service(IoError::other(own()).into())));
    assert_own(&Status::from(Error::Service(IoError::other(Wrapped(own())).into())));
}

#[test]
fn a_services_own_unknown_stays_what_it_was() {
    let status = Status::from(Error::Service(Status::unknown("its own").into()));
    assert_eq!((status.code(), status.message()), (Code::Unknown, "its own"));
}

/// An error whose source is a status.
#[derive(Debug)]
struct Wrapped(Status);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrapped")
    }
}

impl error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn tonic_finds_the_code_in_the_chain_of_sources() {
    for (error, expected) in [
        (rejected(SECOND).await, Code::Unavailable),
        (crowded().await, Code::ResourceExhausted),
        (timed_out().await, Code::DeadlineExceeded),
    ] {
        let boxed: BoxError = IoError::other(error).into();
        assert_eq!(Status::from_error(boxed).code(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_and_a_timeout_on_their_own_tell_their_code_too() {
    let rejection = *crowded().await.rejection().unwrap();
    assert_eq!(Status::from_error(rejection.into()).code(), Code::ResourceExhausted);
    let elapsed = *timed_out().await.elapsed().unwrap();
    assert_eq!(Status::from_error(elapsed.into()).code(), Code::DeadlineExceeded);
}
