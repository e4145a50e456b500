//! Which requests may be sent again.

use std::io::{self, ErrorKind};

use http::{Request, Response};
use palisade::Error;
use palisade::http::{Idempotent, not_sent};
use palisade::retry::RetryIf;

use super::{answer, request};
use crate::errors::{Over, crowded, failed, timed_out};
use crate::support::Down;

const POST: &str = "POST";

fn allows(kept: &Request<()>, result: Result<&Response<()>, &Error>) -> bool {
    Idempotent::new().allows(kept, result)
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_method_is_retried_and_another_only_if_unsent() {
    let (down, unsent) = (answer(503, &[]), crowded().await);
    let failures = [failed(Down(1)), timed_out().await];
    assert!(not_sent(&unsent) && !failures.iter().any(not_sent));
    let idempotent = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].map(|method| (method, true));
    for (method, allowed) in
        idempotent.into_iter().chain([POST, "PATCH", "CONNECT", "PURGE", "get"].map(|it| (it, false)))
    {
        let kept = request(method, &[]);
        assert_eq!(allows(&kept, Ok(&down)), allowed, "{method}");
        assert!(failures.iter().all(|error| allows(&kept, Err(error)) == allowed), "{method}");
        assert!(allows(&kept, Err(&unsent)), "{method}");
    }
}

#[test]
fn an_idempotency_key_allows_a_retry_unless_it_is_empty() {
    let down = answer(503, &[]);
    for (key, allowed) in [("k", true), ("\"8e03978e\"", true), ("", false)] {
        assert_eq!(allows(&request(POST, &[("Idempotency-Key", key)]), Ok(&down)), allowed, "{key:?}");
    }
    assert!(allows(&request("PATCH", &[("idempotency-key", ""), ("idempotency-key", "k")]), Ok(&down)));
}

const NOT_SENT: [ErrorKind; 3] =
    [ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable];

#[test]
fn the_kind_of_an_io_error_says_whether_it_was_sent() {
    for kind in NOT_SENT {
        assert!(not_sent(&failed(io::Error::from(kind))), "{kind}");
        assert!(allows(&request(POST, &[]), Err(&failed(io::Error::from(kind)))), "{kind}");
    }
    for kind in [
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::TimedOut,
        ErrorKind::UnexpectedEof,
        ErrorKind::NotConnected,
        ErrorKind::Other,
    ] {
        assert!(!not_sent(&failed(io::Error::from(kind))), "{kind}");
    }
}

#[test]
fn an_io_error_is_found_however_deep_it_lies() {
    for kind in NOT_SENT {
        let refused = || io::Error::from(kind);
        assert!(not_sent(&failed(Over(Over(refused().into()).into()))), "under two errors: {kind}");
        assert!(not_sent(&failed(io::Error::other(refused()))), "in an I/O error: {kind}");
        let twice = io::Error::other(io::Error::new(ErrorKind::TimedOut, refused()));
        assert!(not_sent(&failed(twice)), "in two I/O errors: {kind}");
        let mixed = io::Error::other(Over(io::Error::other(Over(refused().into())).into()));
        assert!(not_sent(&failed(Over(mixed.into()))), "in and under: {kind}");
        assert!(not_sent(&failed(io::Error::new(kind, "no route"))), "with a text: {kind}");
    }
    assert!(!not_sent(&failed(Over(io::Error::other(Over(Down(1).into())).into()))));
}

#[test]
fn a_function_of_the_users_own_may_say_that_nothing_was_sent() {
    let rule = Idempotent::new().not_sent(|error| error.downcast_ref::<Down>() == Some(&Down(1)));
    let nothing: Result<&Response<()>, _> = Err(&failed(Down(1)));
    assert!(rule.allows(&request(POST, &[]), nothing));
    assert!(!allows(&request(POST, &[]), nothing));
    let something: Result<&Response<()>, _> = Err(&failed(Down(2)));
    assert!(!rule.allows(&request(POST, &[]), something));
    let refused: Result<&Response<()>, _> = Err(&failed(io::Error::from(ErrorKind::ConnectionRefused)));
    assert!(rule.allows(&request(POST, &[]), refused), "the crate still tells what it can");
}
