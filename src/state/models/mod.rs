//! Claims about every interleaving, checked by loom.

mod adaptive;
mod bucket;
mod budget;
mod cache;
mod calls;
mod circuit;
mod degradation;
mod flights;
mod keys;
mod objective;
mod permits;
mod phi;
mod replicas;
mod throttle;
mod verdict;

use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Wake, Waker};

use loom::model::Builder;
use loom::thread;

/// Runs `other` on a thread beside `this`, and gives what both gave.
fn race<A: 'static, B>(other: impl FnOnce() -> A + 'static, this: impl FnOnce() -> B) -> (A, B) {
    let other = thread::spawn(other);
    let this = this();
    (other.join().unwrap(), this)
}

/// Runs all three at once, each on a thread of its own.
fn race_of_three<A: 'static, B: 'static, C>(
    one: impl FnOnce() -> A + 'static,
    two: impl FnOnce() -> B + 'static,
    this: impl FnOnce() -> C,
) -> (A, B, C) {
    let one = thread::spawn(one);
    let (two, this) = race(two, this);
    (one.join().unwrap(), two, this)
}

/// A race of two threads that share a stripe: the last, which is for all threads after the first two of a model.
fn race_on_one_stripe<A: 'static, B: 'static>(
    other: impl FnOnce() -> A + 'static,
    this: impl FnOnce() -> B + 'static,
) -> (A, B) {
    thread::spawn(|| ()).join().unwrap();
    let (other, this) = (thread::spawn(other), thread::spawn(this));
    (other.join().unwrap(), this.join().unwrap())
}

/// A model of three threads that all take a lock, or of two that end a round: every run with at most three preemptions, since all
/// runs are too many.
fn model_of_many(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// A waker that counts; the threads of a model run one at a time, so the count itself is no part of the model.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wakes {
    fn new() -> (StdArc<Self>, Waker) {
        let wakes = StdArc::<Self>::default();
        (StdArc::clone(&wakes), wakes.into())
    }

    fn count(&self) -> usize {
        self.0.load(Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: StdArc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}
