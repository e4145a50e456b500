//! What those who drop or repeat a call tell the layers below.

use std::cell::Cell;
use std::thread::LocalKey;
use std::time::Duration;

thread_local! {
    static IS_CUT: Cell<bool> = const { Cell::new(false) };
    static EXPIRED: Cell<Option<Duration>> = const { Cell::new(None) };
    static ATTEMPT: Cell<u32> = const { Cell::new(1) };
}

/// Drops a call by `drop_call`, because its time is over.
pub(crate) fn cut(drop_call: impl FnOnce()) {
    let _restore = set(&IS_CUT, true);
    drop_call();
}

/// Whether what is dropped now is dropped because its time is over: nobody has had enough of it.
#[cfg(feature = "http")]
pub(crate) fn is_cut() -> bool {
    IS_CUT.get()
}

/// Drops a call by `drop_call`, because this limit of ours ran out.
pub(crate) fn expire(limit: Duration, drop_call: impl FnOnce()) {
    let _restore = set(&EXPIRED, Some(limit));
    cut(drop_call);
}

/// The limit that ran out, if what is dropped now is dropped because of that.
pub(crate) fn expired_limit() -> Option<Duration> {
    EXPIRED.get()
}

/// Runs a part of the attempt of this number, from 1.
#[inline(always)]
pub(crate) fn attempt<T>(number: u32, part: impl FnOnce() -> T) -> T {
    // A first attempt of an inner retry stays a repeat of the outer one.
    let _outer = Outer((number > 1).then(|| ATTEMPT.replace(number)));
    part()
}

/// The number that was set around an attempt, if it was changed.
struct Outer(Option<u32>);

/// Not by [`Restore`], in an `Option` of which the compiler does not see which flag it restores.
impl Drop for Outer {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(number) = self.0 {
            ATTEMPT.set(number);
        }
    }
}

/// The number of the attempt that runs now, from 1.
pub(crate) fn attempt_number() -> u32 {
    ATTEMPT.get()
}

/// Whether what runs now is an attempt that is not the first of its call.
pub(crate) fn is_repeat() -> bool {
    attempt_number() > 1
}

/// Restores a flag when it is dropped, also by a panic.
pub(crate) struct Restore<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);

impl<T: Copy> Drop for Restore<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// Sets a flag until what it returns is dropped.
#[must_use]
pub(crate) fn set<T: Copy>(flag: &'static LocalKey<Cell<T>>, value: T) -> Restore<T> {
    Restore(flag, flag.replace(value))
}
