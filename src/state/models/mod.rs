//! Claims about every interleaving, checked by loom.

mod budget;
mod circuit;
mod permits;

use loom::thread;

/// Runs `other` on a thread beside `this`, and gives what both gave.
fn race<A: 'static, B>(other: impl FnOnce() -> A + 'static, this: impl FnOnce() -> B) -> (A, B) {
    let other = thread::spawn(other);
    let this = this();
    (other.join().unwrap(), this)
}
