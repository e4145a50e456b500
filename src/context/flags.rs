//! What those who drop a call tell the layers below.

use std::cell::Cell;
use std::thread::LocalKey;
use std::time::Duration;

thread_local! {
    static IS_CUT: Cell<bool> = const { Cell::new(false) };
    static EXPIRED: Cell<Option<Duration>> = const { Cell::new(None) };
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
