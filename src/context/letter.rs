//! The id of the letter that the code which runs now replays.

use std::cell::Cell;
use std::fmt;
use std::num::ParseIntError;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use rand::RngExt;

use super::flags::{Restore, set};
use crate::backoff::generator;

thread_local! {
    static AROUND: Cell<Option<DeadLetterId>> = const { Cell::new(None) };
}

/// The id of a [letter](crate::DeadLetter), the same in all replays of it.
///
/// 128 bits drawn by chance; as text 32 hexadecimal digits. The call of a letter may have been acted on, and a replay too. A service
/// that remembers the ids of what it did does nothing twice.
///
/// # Examples
///
/// ```
/// use palisade::DeadLetterId;
///
/// # fn main() -> Result<(), std::num::ParseIntError> {
/// assert_eq!(DeadLetterId::current(), None);
///
/// let id: DeadLetterId = "0f00000000000000000000000000001d".parse()?;
/// assert_eq!(id.to_string(), "0f00000000000000000000000000001d");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeadLetterId(pub(crate) u128);

impl DeadLetterId {
    /// The id of the letter that is replayed by the code that runs now, if it is a replay.
    pub fn current() -> Option<Self> {
        AROUND.get()
    }

    /// The id that is around, or else a new one.
    pub(crate) fn current_or_new() -> Self {
        Self::current().unwrap_or_else(|| Self(generator(None).random()))
    }

    /// Runs `future` as a part of the letter's replay, to carry the id into a spawned task.
    pub const fn scope<F>(self, future: F) -> DeadLetterScope<F> {
        DeadLetterScope { id: self, inner: future }
    }

    /// Enters what was around elsewhere, until what this returns is dropped.
    pub(super) fn enter_as(around: Option<Self>) -> Restore<Option<Self>> {
        set(&AROUND, around)
    }
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DeadLetterId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

pin_project! {
    /// A future that is polled in the scope of a [`DeadLetterId`].
    ///
    /// [`DeadLetterId::scope`] makes one of a future.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct DeadLetterScope<F> {
        id: DeadLetterId,
        #[pin]
        inner: F,
    }
}

impl<F: Future> Future for DeadLetterScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = DeadLetterId::enter_as(Some(*this.id));
        this.inner.poll(cx)
    }
}
