//! What those who repeat a call tell the layers below, and above.

use std::cell::Cell;

use super::flags::{Restore, set};
use super::tried::{Tried, avoid, avoid_also, keep_noted, note_nobody};

thread_local! {
    static ATTEMPT: Cell<u32> = const { Cell::new(1) };
    /// How many attempts a call took that failed in this poll.
    static MADE: Cell<u32> = const { Cell::new(1) };
}

/// Runs a part of the attempt of this number, from 1, which avoids those that were tried before it, here and around.
#[inline(always)]
pub(crate) fn attempt<T>(number: u32, tried: Tried, part: impl FnOnce() -> T) -> T {
    // A first attempt of an inner retry stays a repeat of the outer one.
    let _outer = Outer((number > 1).then(|| (ATTEMPT.replace(number), avoid_also(tried))));
    note_nobody();
    part()
}

/// What was set around an attempt, if it was changed.
struct Outer(Option<(u32, Tried)>);

/// Not by [`Restore`](super::flags::Restore), in an `Option`: there the compiler does not see which flag it restores.
impl Drop for Outer {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some((number, avoided)) = self.0 {
            ATTEMPT.set(number);
            avoid(avoided);
        }
    }
}

/// Enters the attempt of this number, until what this returns is dropped.
pub(super) fn enter_attempt(number: u32) -> Restore<u32> {
    set(&ATTEMPT, number)
}

/// The number of the attempt that runs now, from 1.
pub(crate) fn attempt_number() -> u32 {
    ATTEMPT.get()
}

/// Whether what runs now is an attempt that is not the first of its call.
pub(crate) fn is_repeat() -> bool {
    attempt_number() > 1
}

/// Notes how many attempts a call took. It is to be called in the poll in which the call fails; the outermost of several is heard.
pub(crate) fn note_attempts(made: u32) {
    MADE.set(made);
}

/// Runs a part of a call. Returns also how many attempts the call took, if it has failed in that part: one where nobody noted it.
pub(crate) fn attempts_of<T>(part: impl FnOnce() -> T) -> (T, u32) {
    MADE.set(1);
    (part(), MADE.get())
}

/// Keeps what a call has noted, until what this returns is dropped: what runs beside a call tells those around it nothing.
pub(crate) fn keep_notes() -> impl Sized {
    (set(&MADE, MADE.get()), keep_noted())
}
