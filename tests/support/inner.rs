//! A service that does what its plan says, and holds its callers to the contract of `Service`.

#![allow(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use std::any::Any;
use std::collections::VecDeque;
use std::mem::{replace, take};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tower::Service;

use super::Down;

/// What `poll_ready` does; the default is to be ready.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Readiness {
    #[default]
    Ready,
    /// Pends once for each call.
    Late,
    /// Pending until [`Inner::wake`].
    Stalled,
    Fails(Down),
    Panics,
}

/// What a call does; the default is to echo the request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Answer {
    #[default]
    Echo,
    /// Pends this many times, then returns this.
    After(u32, Result<u32, Down>),
    /// Pends until [`Inner::release`], then returns this.
    Held(Result<u32, Down>),
    Never,
    PanicsInCall,
    PanicsInPoll,
    /// Pends once, so that the call is on its way.
    PanicsInSecondPoll,
}

/// All panics of a call.
pub const PANICS: [Answer; 3] = [Answer::PanicsInCall, Answer::PanicsInPoll, Answer::PanicsInSecondPoll];

/// Panics when called without having been polled ready since it was made, cloned, called, or failed to be ready.
#[derive(Debug, Default)]
pub struct Inner {
    plan: Arc<Plan>,
    ready: bool,
    /// Whether it has pended for the call to come.
    late: bool,
}

#[derive(Debug, Default)]
struct Plan {
    readiness: Mutex<Script<Readiness>>,
    answers: Mutex<Script<Answer>>,
    waiting: Mutex<Vec<Waker>>,
    polled: AtomicUsize,
    calls: AtomicUsize,
    released: AtomicBool,
    alive: AtomicUsize,
    most_alive: AtomicUsize,
}

/// What happens next, and what happens ever after.
#[derive(Debug, Default)]
struct Script<T> {
    next: VecDeque<T>,
    then: T,
}

impl<T: Copy> Script<T> {
    fn pop(&mut self) -> T {
        self.next.pop_front().unwrap_or(self.then)
    }

    fn peek(&self) -> T {
        self.next.front().copied().unwrap_or(self.then)
    }
}

impl Inner {
    /// A service that never answers a call.
    pub fn hanging() -> Self {
        Self::default().ever_answers(Answer::Never)
    }

    /// A service that fails each call at once.
    pub fn failing() -> Self {
        Self::default().ever_answers(Answer::After(0, Err(Down(1))))
    }

    /// The next polls for readiness, of all clones together.
    pub fn will_be(self, readiness: impl IntoIterator<Item = Readiness>) -> Self {
        self.plan.readiness.lock().unwrap().next.extend(readiness);
        self
    }

    /// All other polls for readiness.
    pub fn ever(self, readiness: Readiness) -> Self {
        self.plan.readiness.lock().unwrap().then = readiness;
        self
    }

    /// The next calls, of all clones together.
    pub fn answers(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.plan.answers.lock().unwrap().next.extend(answers);
        self
    }

    /// All other calls.
    pub fn ever_answers(self, answer: Answer) -> Self {
        self.plan.answers.lock().unwrap().then = answer;
        self
    }

    /// Ends a stall.
    pub fn wake(&self) {
        self.plan.readiness.lock().unwrap().pop();
        self.plan.wake();
    }

    /// Lets the calls that are held return.
    pub fn release(&self) {
        self.plan.released.store(true, Ordering::SeqCst);
        self.plan.wake();
    }

    /// Is ready from now on, and echoes.
    pub fn recover(&self) {
        *self.plan.readiness.lock().unwrap() = Script::default();
        *self.plan.answers.lock().unwrap() = Script::default();
    }

    /// How many times it was polled for readiness.
    pub fn polled(&self) -> usize {
        self.plan.polled.load(Ordering::SeqCst)
    }

    /// How many calls it was sent, also those that panicked at once.
    pub fn calls(&self) -> usize {
        self.plan.calls.load(Ordering::SeqCst)
    }

    /// How many of its futures exist.
    pub fn alive(&self) -> usize {
        self.plan.alive.load(Ordering::SeqCst)
    }

    /// How many of its futures existed at once, at most.
    pub fn most_alive(&self) -> usize {
        self.plan.most_alive.load(Ordering::SeqCst)
    }
}

impl Plan {
    fn wait(&self, cx: &Context<'_>) {
        self.waiting.lock().unwrap().push(cx.waker().clone());
    }

    fn wake(&self) {
        take(&mut *self.waiting.lock().unwrap()).into_iter().for_each(Waker::wake);
    }
}

/// A clone starts not ready.
impl Clone for Inner {
    fn clone(&self) -> Self {
        Self { plan: Arc::clone(&self.plan), ready: false, late: false }
    }
}

impl Service<u32> for Inner {
    type Response = u32;
    type Error = Down;
    type Future = Answering;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.plan.polled.fetch_add(1, Ordering::SeqCst);
        self.ready = false;
        let mut readiness = self.plan.readiness.lock().unwrap();
        if readiness.peek() == Readiness::Stalled {
            self.plan.wait(cx);
            return Poll::Pending;
        }
        let readiness = {
            let next = readiness.pop();
            drop(readiness);
            next
        };
        assert!(readiness != Readiness::Panics, "{PANIC}");
        if readiness == Readiness::Late && !replace(&mut self.late, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.ready = matches!(readiness, Readiness::Ready | Readiness::Late);
        Poll::Ready(match readiness {
            Readiness::Fails(down) => Err(down),
            _ => Ok(()),
        })
    }

    fn call(&mut self, request: u32) -> Answering {
        assert!(take(&mut self.ready), "called without having been polled ready");
        self.late = false;
        self.plan.calls.fetch_add(1, Ordering::SeqCst);
        let answer = self.plan.answers.lock().unwrap().pop();
        assert!(answer != Answer::PanicsInCall, "{PANIC}");
        let alive = self.plan.alive.fetch_add(1, Ordering::SeqCst) + 1;
        self.plan.most_alive.fetch_max(alive, Ordering::SeqCst);
        Answering { plan: Arc::clone(&self.plan), request, answer }
    }
}

/// What it says when it panics.
const PANIC: &str = "a panic of the service's own";

/// Whether a panic is one of those by plan.
pub fn is_by_plan(panic: &(dyn Any + Send)) -> bool {
    panic.downcast_ref::<&str>().is_some_and(|text| *text == PANIC)
        || panic.downcast_ref::<String>().is_some_and(|text| text == PANIC)
}

#[derive(Debug)]
pub struct Answering {
    plan: Arc<Plan>,
    request: u32,
    answer: Answer,
}

impl Future for Answering {
    type Output = Result<u32, Down>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (result, next) = match self.answer {
            Answer::Echo => (Poll::Ready(Ok(self.request)), Answer::Never),
            Answer::After(0, result) => (Poll::Ready(result), Answer::Never),
            Answer::After(polls, result) => (Poll::Pending, Answer::After(polls - 1, result)),
            Answer::PanicsInSecondPoll => (Poll::Pending, Answer::PanicsInPoll),
            Answer::PanicsInPoll => panic!("{PANIC}"),
            Answer::Held(result) if self.plan.released.load(Ordering::SeqCst) => (Poll::Ready(result), Answer::Never),
            Answer::Held(_) => {
                self.plan.wait(cx);
                return Poll::Pending;
            }
            Answer::PanicsInCall | Answer::Never => return Poll::Pending,
        };
        self.answer = next;
        if result.is_pending() {
            cx.waker().wake_by_ref();
        }
        result
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.plan.alive.fetch_sub(1, Ordering::SeqCst);
    }
}
