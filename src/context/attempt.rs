//! What those who repeat a call tell the layers below.

use std::cell::Cell;

use super::flags::{Restore, set};
use super::tried::{Tried, avoid, note_nobody};

thread_local! {
    static ATTEMPT: Cell<u32> = const { Cell::new(1) };
}

/// Runs a part of the attempt of this number, from 1, which avoids those that were tried before it.
#[inline(always)]
pub(crate) fn attempt<T>(number: u32, tried: Tried, part: impl FnOnce() -> T) -> T {
    // A first attempt of an inner retry stays a repeat of the outer one.
    let _outer = Outer((number > 1).then(|| (ATTEMPT.replace(number), avoid(tried))));
    note_nobody();
    part()
}

/// What was set around an attempt, if it was changed.
struct Outer(Option<(u32, Tried)>);

/// Not by [`Restore`](super::flags::Restore), in an `Option` of which the compiler does not see which flag it restores.
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
