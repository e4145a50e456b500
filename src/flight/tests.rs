//! Calls that callers share, step by step: a naive model, and what the plumbing adds to the decisions.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Boarded, Core, Flights, Panicked, Passenger};
use crate::error::Error;
use crate::registry::Registry;
use crate::source::Kind;

/// What the next poll of a call does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Pends,
    /// Wakes itself while it is polled.
    Yields,
    Returns,
    Panics,
}

/// A call, as its service sees it.
#[derive(Default)]
struct Plan {
    next: Cell<Option<Does>>,
    waker: Cell<Option<Waker>>,
    polls: Cell<usize>,
    wakes: Cell<usize>,
    is_alive: Cell<bool>,
}

struct Call(Rc<Plan>, usize);

impl Future for Call {
    type Output = Result<usize, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self(plan, number) = &*self;
        plan.polls.set(plan.polls.get() + 1);
        plan.waker.set(Some(cx.waker().clone()));
        match plan.next.take().unwrap_or(Does::Pends) {
            Does::Pends => Poll::Pending,
            Does::Yields => {
                plan.wakes.set(plan.wakes.get() + 1);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Does::Returns => Poll::Ready(Ok(*number)),
            Does::Panics => panic!("as planned"),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.is_alive.set(false);
    }
}

#[derive(Default)]
struct Rings(AtomicUsize);

impl Wake for Rings {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Caller {
    passenger: Passenger<u32, Call, usize>,
    /// Which call it has.
    number: usize,
    rings: Arc<Rings>,
    has_joined: bool,
    /// How often it was polled, beside those without need.
    polls: usize,
    /// How often its call had been woken when it came.
    wakes: usize,
    is_due: bool,
}

fn flights(max_waiters: usize) -> Flights<u32, Call, usize> {
    let row = Registry::new().row_of(Kind::Coalesce, "test").expect("it is a name");
    Flights::new(Core::new(row, max_waiters, Vec::new()))
}

/// The calls beside a list of them.
struct Pair {
    flights: Flights<u32, Call, usize>,
    callers: Vec<Caller>,
    plans: Vec<Rc<Plan>>,
    /// The call of each key that can be shared.
    open: BTreeMap<u32, usize>,
    panicked: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Step {
    Board {
        key: u32,
    },
    /// Polls a caller, with need or without.
    Poll {
        caller: usize,
        does: Does,
    },
    /// Polls those who were woken until nobody is.
    Settle,
    Wake {
        call: usize,
    },
    Drop {
        caller: usize,
    },
}

impl Pair {
    fn new() -> Self {
        Self {
            flights: flights(usize::MAX),
            callers: Vec::new(),
            plans: Vec::new(),
            open: BTreeMap::new(),
            panicked: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Board { key } => self.board(key),
            Step::Poll { caller, does } => {
                let Some(caller) = self.pick(caller) else { return };
                self.poll(caller, does);
            }
            Step::Settle => self.settle(),
            Step::Wake { call } => {
                let Some(plan) = self.plans.len().checked_sub(1).map(|last| &self.plans[call % (last + 1)]) else {
                    return;
                };
                if let Some(waker) = plan.waker.take() {
                    plan.wakes.set(plan.wakes.get() + 1);
                    waker.wake();
                }
            }
            Step::Drop { caller } => {
                let Some(caller) = self.pick(caller) else { return };
                let gone = self.callers.swap_remove(caller).number;
                let is_last = self.callers.iter().all(|caller| caller.number != gone);
                if is_last {
                    self.open.retain(|_, call| *call != gone);
                    assert!(!self.plans[gone].is_alive.get(), "all have left, and the call is there");
                }
            }
        }
        self.check();
    }

    fn pick(&self, caller: usize) -> Option<usize> {
        (!self.callers.is_empty()).then(|| caller % self.callers.len())
    }

    fn board(&mut self, key: u32) {
        let (number, plan) = (self.plans.len(), Rc::new(Plan::default()));
        plan.is_alive.set(true);
        let (passenger, number, has_joined) = match self.flights.board(key, Box::pin(Call(Rc::clone(&plan), number))) {
            Boarded::Began(passenger) => {
                assert_eq!(self.open.insert(key, number), None, "two calls of a key can be shared");
                self.plans.push(plan);
                (passenger, number, false)
            }
            Boarded::Joined(passenger, _) => (passenger, self.open[&key], true),
            Boarded::Full => panic!("it has no limit"),
        };
        let wakes = self.plans[number].wakes.get();
        let rings = Arc::default();
        self.callers.push(Caller { passenger, number, has_joined, rings, polls: 0, wakes, is_due: true });
    }

    fn poll(&mut self, at: usize, does: Does) {
        let caller = &mut self.callers[at];
        let (number, plan) = (caller.number, Rc::clone(&self.plans[caller.number]));
        let is_needed = caller.is_due || caller.rings.0.swap(0, Ordering::Relaxed) > 0;
        caller.is_due = false;
        caller.polls += usize::from(is_needed);
        let most = 2 + plan.wakes.get() - caller.wakes;
        assert!(caller.polls <= most, "polled {} times, at most {most}", caller.polls);
        plan.next.set(Some(does));
        let polls = plan.polls.get();
        let waker = Arc::clone(&caller.rings).into();
        let passenger = Pin::new(&mut caller.passenger);
        let polled = catch_unwind(AssertUnwindSafe(|| passenger.poll(&mut Context::from_waker(&waker))));
        let has_driven = plan.polls.get() > polls;
        assert_eq!(polled.is_err(), has_driven && does == Does::Panics, "the one that polled gets the panic");
        match polled {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(Ok(result))) => assert_eq!(result, number),
            Ok(Poll::Ready(Err(error))) => {
                assert!(self.panicked.contains(&number) && error.downcast_ref::<Panicked>().is_some());
            }
            Err(_) => self.panicked.push(number),
        }
        self.callers.swap_remove(at);
        if has_driven {
            self.open.retain(|_, call| *call != number);
            assert!(!plan.is_alive.get(), "it is over, and there");
        }
    }

    fn settle(&mut self) {
        let is_due = |caller: &Caller| caller.is_due || caller.rings.0.load(Ordering::Relaxed) > 0;
        while let Some(due) = self.callers.iter().position(is_due) {
            self.poll(due, Does::Pends);
        }
        // Nobody is forgotten: what was woken was polled, and what is over was told.
        for caller in &self.callers {
            assert!(self.open.values().any(|open| *open == caller.number), "a caller of a call that is over sleeps on");
        }
    }

    fn check(&self) {
        let waiting = self.callers.iter().filter(|caller| caller.has_joined).count();
        let now = (self.flights.core.flights(), self.flights.core.waiting());
        assert_eq!(now, (self.open.len() as u64, waiting as u64));
        for (number, plan) in self.plans.iter().enumerate() {
            assert_eq!(plan.is_alive.get(), self.open.values().any(|open| *open == number), "call {number}");
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let does = prop_oneof![
        4 => Just(Does::Pends), 2 => Just(Does::Yields), 1 => Just(Does::Returns), 1 => Just(Does::Panics)
    ];
    let step = prop_oneof![
        5 => (0..3_u32).prop_map(|key| Step::Board { key }),
        8 => (0..9_usize, does).prop_map(|(caller, does)| Step::Poll { caller, does }),
        3 => Just(Step::Settle),
        4 => (0..9_usize).prop_map(|call| Step::Wake { call }),
        2 => (0..9_usize).prop_map(|caller| Step::Drop { caller }),
    ];
    vec(step, 0..80)
}

proptest! {
    #[test]
    fn calls_are_shared_as_those_of_a_list_are(steps in steps()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step);
        }
        pair.settle();
        pair.callers.clear();
        assert_eq!((pair.flights.core.flights(), pair.flights.core.waiting()), (0, 0));
    }
}
