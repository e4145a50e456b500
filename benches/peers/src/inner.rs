//! The services within: what each path of a call needs of them, and nothing more.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{error, fmt};

/// The loops send the requests 0 to 99 in turn; this is the one that fails where one in a hundred does.
pub const LAST: u64 = 99;

/// A response that means failure, as a status code would.
pub const FAILURE: u64 = u64::MAX;

/// What a fallback answers.
pub const FALLBACK: u64 = u64::MAX - 1;

/// An error that takes no memory, so that boxing it takes none either.
#[derive(Clone, Copy, Debug)]
pub struct Down;

/// An error with something in it.
#[derive(Clone, Copy, Debug)]
pub struct Broken(pub [u64; 4]);

/// Answers at once.
pub fn answer(n: u64) -> Ready<Result<u64, Infallible>> {
    ready(Ok(n))
}

/// Answers at once, with an error type that peers can name.
pub fn fallible(n: u64) -> Ready<Result<u64, Down>> {
    ready(Ok(n))
}

/// Fails for one request in a hundred.
pub fn one_in_hundred(n: u64) -> Ready<Result<u64, Down>> {
    ready(if n == LAST { Err(Down) } else { Ok(n) })
}

/// As [`one_in_hundred`], and of a type of its own: of what two paths share, the compiler inlines less into both.
pub fn last_fails(n: u64) -> Ready<Result<u64, Down>> {
    one_in_hundred(n)
}

/// Fails always.
pub fn down(_: u64) -> Ready<Result<u64, Down>> {
    ready(Err(Down))
}

thread_local! {
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this attempt fails: each attempt but the first fails when the one before did not.
fn fails() -> bool {
    let fails = !FAILED.get();
    FAILED.set(fails);
    fails
}

/// Fails the first attempt of each call and answers the second.
pub fn flaky(n: u64) -> Ready<Result<u64, Down>> {
    ready(if fails() { Err(Down) } else { Ok(n) })
}

/// As [`flaky`], with an error that takes memory.
pub fn flaky_sized(n: u64) -> Ready<Result<u64, Broken>> {
    ready(if fails() { Err(Broken([n; 4])) } else { Ok(n) })
}

/// As [`flaky`], with a response in place of the error.
pub fn flaky_response(n: u64) -> Ready<Result<u64, Infallible>> {
    ready(Ok(if fails() { FAILURE } else { n }))
}

/// Answers when polled again, and sees to it that it is.
pub fn pending_once(n: u64) -> PendingOnce<Infallible> {
    PendingOnce { answer: Some(Ok(n)), polled: false }
}

/// As [`pending_once`], with an error type that peers can name.
pub fn pending_once_fallible(n: u64) -> PendingOnce<Down> {
    PendingOnce { answer: Some(Ok(n)), polled: false }
}

/// A future that is pending once.
pub struct PendingOnce<E> {
    answer: Option<Result<u64, E>>,
    polled: bool,
}

impl<E: Unpin> Future for PendingOnce<E> {
    type Output = Result<u64, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.polled {
            self.polled = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.answer.take().expect("a future is not polled after it is done"))
    }
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("down")
    }
}

impl error::Error for Down {}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken: {:?}", self.0)
    }
}

impl error::Error for Broken {}
