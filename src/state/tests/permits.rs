//! Claims about the places of a bulkhead.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc::{Receiver, Sender, channel},
    },
    task::{Wake, Waker},
    thread,
    time::Duration,
};

use proptest::prelude::*;

use crate::state::permits::{Joined, Permits, Ticket};

/// Nobody waits this long unless a waker was lost.
const FOREVER: Duration = Duration::from_secs(60);

struct Bell(Sender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Nobody listens any more to the bell of a waiter that went away.
        self.0.send(()).ok();
    }
}

fn bell() -> (Waker, Receiver<()>) {
    let (sender, rung) = channel();
    (Arc::new(Bell(sender)).into(), rung)
}

fn rings(rung: &Receiver<()>) -> usize {
    rung.try_iter().count()
}

/// Wakes whoever is to be woken, and tells whether there was anybody.
fn wake(waiter: Option<Waker>) -> bool {
    waiter.map(Waker::wake).is_some()
}

fn grant_all(permits: &Permits) -> usize {
    std::iter::from_fn(|| permits.grant()).map(Waker::wake).count()
}

/// How many can enter now.
fn enter_all(permits: &Permits) -> usize {
    std::iter::repeat_with(|| permits.try_enter()).take(100).take_while(|entered| *entered).count()
}

fn full(limit: usize) -> Permits {
    let permits = Permits::new(limit);
    assert_eq!(enter_all(&permits), limit);
    permits
}

/// Joins a queue in which there is room for everybody, and must wait.
fn wait(permits: &Permits) -> (Ticket, Receiver<()>) {
    let (waker, rung) = bell();
    let Joined::Waiting(ticket) = permits.join(usize::MAX, waker) else { panic!("there was no need to wait") };
    (ticket, rung)
}

fn has_entered(permits: &Permits, ticket: Ticket) -> bool {
    permits.poll_entered(ticket, Waker::noop())
}

#[test]
fn as_many_enter_as_the_limit_says() {
    let permits = Permits::new(3);
    assert_eq!(enter_all(&permits), 3);
    assert_eq!(permits.in_flight(), 3);
}

#[test]
fn a_limit_of_zero_lets_nobody_in() {
    let permits = Permits::new(0);
    assert!(!permits.try_enter());
    assert_eq!(permits.join(0, Waker::noop().clone()), Joined::QueueFull);
    assert_eq!(permits.in_flight(), 0);
}

#[test]
fn one_who_waits_at_a_limit_of_zero_enters_when_it_grows() {
    let permits = Permits::new(0);
    let (ticket, rung) = wait(&permits);
    assert!(!wake(permits.grant()));
    permits.resize(1);
    assert_eq!(grant_all(&permits), 1);
    assert_eq!(rings(&rung), 1);
    assert!(has_entered(&permits, ticket));
}

#[test]
fn a_limit_of_one_lets_one_in_at_a_time() {
    let permits = full(1);
    assert!(!permits.try_enter());
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter());
}

#[test]
fn the_greatest_limit_lets_everybody_in() {
    let permits = Permits::new(usize::MAX);
    assert_eq!(enter_all(&permits), 100);
    assert_eq!(permits.limit(), usize::MAX);
}

#[test]
fn a_limit_below_two_to_the_31_less_one_is_told_as_it_is() {
    let most = (1 << 31) - 1;
    assert_eq!(Permits::new(most - 1).limit(), most - 1);
    assert_eq!(Permits::new(most).limit(), usize::MAX);
    assert_eq!(Permits::new(most + 1).limit(), usize::MAX);
}

#[test]
fn a_resize_leaves_those_in_flight_as_they_are() {
    let permits = full(2);
    for limit in [usize::MAX, 0, 1, 7] {
        permits.resize(limit);
        assert_eq!((permits.limit(), permits.in_flight()), (limit, 2));
    }
}

#[test]
fn a_resize_leaves_those_who_wait_as_they_are() {
    let permits = full(1);
    let (_ticket, _rung) = wait(&permits);
    for limit in [usize::MAX, 0, 1, 7] {
        permits.resize(limit);
        assert_eq!(permits.queued(), 1);
        assert!(!permits.try_enter(), "past the queue");
    }
}

#[test]
fn a_place_that_was_left_can_be_taken_again() {
    let permits = full(2);
    assert!(!wake(permits.leave()));
    assert_eq!(permits.in_flight(), 1);
    assert_eq!(enter_all(&permits), 1);
}

#[test]
fn join_enters_at_once_while_there_is_room() {
    let permits = Permits::new(1);
    assert_eq!(permits.join(0, Waker::noop().clone()), Joined::Entered);
    assert_eq!((permits.in_flight(), permits.queued()), (1, 0));
}

#[test]
fn a_queue_of_none_refuses_at_once() {
    let permits = full(1);
    assert_eq!(permits.join(0, Waker::noop().clone()), Joined::QueueFull);
    assert_eq!(permits.queued(), 0);
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter(), "one who was refused is not waited for");
}

#[test]
fn the_queue_holds_exactly_as_many_as_it_may() {
    let permits = full(1);
    assert!(matches!(permits.join(2, Waker::noop().clone()), Joined::Waiting(_)));
    assert!(matches!(permits.join(2, Waker::noop().clone()), Joined::Waiting(_)));
    assert_eq!(permits.join(2, Waker::noop().clone()), Joined::QueueFull);
    assert_eq!(permits.queued(), 2);
}

#[test]
fn a_shorter_queue_refuses_those_to_come_only() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (_second, _rung) = wait(&permits);
    assert_eq!(permits.join(1, Waker::noop().clone()), Joined::QueueFull);
    assert_eq!(permits.queued(), 2);
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, first));
}

#[test]
fn one_who_waits_has_not_entered() {
    let permits = full(1);
    let (ticket, rung) = wait(&permits);
    assert!(!has_entered(&permits, ticket));
    assert_eq!(rings(&rung), 0);
    assert_eq!(permits.in_flight(), 1);
}

#[test]
fn a_place_that_is_left_goes_to_the_one_who_waits() {
    let permits = full(1);
    let (ticket, rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert_eq!(rings(&rung), 1);
    assert!(has_entered(&permits, ticket));
    assert_eq!((permits.in_flight(), permits.queued()), (1, 0));
}

#[test]
fn places_go_to_waiters_in_the_order_in_which_they_came() {
    let permits = full(1);
    let waiters: Vec<_> = (0..20).map(|_| wait(&permits)).collect();
    for (served, (ticket, rung)) in waiters.iter().enumerate() {
        assert!(wake(permits.leave()));
        assert_eq!(rings(rung), 1);
        assert!(has_entered(&permits, *ticket));
        assert!(waiters[served + 1..].iter().all(|(_, later)| rings(later) == 0));
    }
}

#[test]
fn polling_does_not_lose_the_turn() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (second, _rung) = wait(&permits);
    assert!(!has_entered(&permits, first));
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, first));
    assert!(!has_entered(&permits, second));
}

#[test]
fn a_place_that_was_handed_over_is_nobody_elses() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(!permits.try_enter());
    assert_eq!(permits.join(0, Waker::noop().clone()), Joined::QueueFull);
    assert!(has_entered(&permits, ticket));
}

#[test]
fn nobody_enters_past_the_queue() {
    let permits = full(1);
    let (_ticket, _rung) = wait(&permits);
    permits.resize(2);
    assert!(!permits.try_enter());
    assert!(matches!(permits.join(2, Waker::noop().clone()), Joined::Waiting(_)));
    assert_eq!(permits.join(2, Waker::noop().clone()), Joined::QueueFull);
    assert_eq!(permits.in_flight(), 1);
}

#[test]
fn nobody_enters_past_those_who_still_wait_after_one_was_served() {
    let permits = full(1);
    let (_first, _rung) = wait(&permits);
    let (_second, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    permits.resize(5);
    assert!(!permits.try_enter());
}

#[test]
fn once_the_queue_is_served_anybody_enters_again() {
    let permits = full(2);
    let (_ticket, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter());
}

#[test]
fn the_waker_of_the_last_poll_is_the_one_to_wake() {
    let permits = full(1);
    let (ticket, first) = wait(&permits);
    let (waker, second) = bell();
    assert!(!permits.poll_entered(ticket, &waker));
    assert!(wake(permits.leave()));
    assert_eq!((rings(&first), rings(&second)), (0, 1));
}

#[test]
fn the_last_waiter_who_goes_away_opens_the_way() {
    let permits = full(2);
    let (ticket, _rung) = wait(&permits);
    assert!(!wake(permits.cancel(ticket)));
    assert_eq!((permits.in_flight(), permits.queued()), (2, 0));
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter());
}

#[test]
fn a_waiter_who_goes_away_leaves_the_queue_to_the_others() {
    let permits = full(1);
    let (first, gone) = wait(&permits);
    let (second, rung) = wait(&permits);
    assert!(!wake(permits.cancel(first)));
    permits.resize(2);
    assert!(!permits.try_enter(), "past the queue");
    assert_eq!(grant_all(&permits), 1);
    assert_eq!((rings(&gone), rings(&rung)), (0, 1));
    assert!(has_entered(&permits, second));
}

#[test]
fn one_who_goes_away_from_the_middle_is_passed_over() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (second, _rung) = wait(&permits);
    let (third, _rung) = wait(&permits);
    assert!(!wake(permits.cancel(second)));
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, first) && !has_entered(&permits, third));
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, third));
}

#[test]
fn one_who_goes_away_makes_room_in_the_queue() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    assert!(!wake(permits.cancel(ticket)));
    assert!(matches!(permits.join(1, Waker::noop().clone()), Joined::Waiting(_)));
}

#[test]
fn a_waiter_who_goes_away_with_a_place_hands_it_on() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (second, rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(wake(permits.cancel(first)));
    assert_eq!(rings(&rung), 1);
    assert!(has_entered(&permits, second));
    assert_eq!((permits.in_flight(), permits.queued()), (1, 0));
}

#[test]
fn a_waiter_who_goes_away_with_a_place_frees_it_when_nobody_waits() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(!wake(permits.cancel(ticket)));
    assert_eq!(permits.in_flight(), 0);
    assert!(permits.try_enter());
}

#[test]
fn a_waiter_who_goes_away_with_a_place_too_many_hands_nothing_on() {
    let permits = full(2);
    let (first, _rung) = wait(&permits);
    let (second, rung) = wait(&permits);
    assert!(wake(permits.leave()));
    permits.resize(1);
    assert!(!wake(permits.cancel(first)));
    assert_eq!((permits.in_flight(), permits.queued(), rings(&rung)), (1, 1, 0));
    assert!(!has_entered(&permits, second));
}

#[test]
fn every_waiter_in_turn_may_go_away_with_the_place() {
    let permits = full(1);
    let waiters: Vec<_> = (0..10).map(|_| wait(&permits)).collect();
    assert!(wake(permits.leave()));
    let (last, others) = waiters.split_last().unwrap();
    assert!(others.iter().all(|(ticket, _)| wake(permits.cancel(*ticket))));
    assert!(has_entered(&permits, last.0));
    assert_eq!(permits.in_flight(), 1);
}

#[test]
fn growing_wakes_as_many_as_fit() {
    let permits = full(1);
    let waiters: Vec<_> = (0..5).map(|_| wait(&permits)).collect();
    permits.resize(4);
    assert_eq!(grant_all(&permits), 3);
    let entered: Vec<_> = waiters.iter().map(|(ticket, _)| has_entered(&permits, *ticket)).collect();
    assert_eq!(entered, [true, true, true, false, false]);
    assert_eq!((permits.in_flight(), permits.queued()), (4, 2));
}

#[test]
fn growing_past_the_queue_leaves_room_for_others() {
    let permits = full(1);
    let (_ticket, _rung) = wait(&permits);
    permits.resize(4);
    assert_eq!(grant_all(&permits), 1);
    assert_eq!(enter_all(&permits), 2);
}

#[test]
fn growing_to_the_greatest_limit_wakes_everybody() {
    let permits = full(1);
    let waiters: Vec<_> = (0..50).map(|_| wait(&permits)).collect();
    permits.resize(usize::MAX);
    assert_eq!(grant_all(&permits), 50);
    assert!(waiters.iter().all(|(ticket, rung)| has_entered(&permits, *ticket) && rings(rung) == 1));
}

#[test]
fn shrinking_waits_until_enough_have_left() {
    let permits = full(3);
    permits.resize(1);
    assert_eq!(permits.in_flight(), 3);
    for _ in 0..2 {
        assert!(!wake(permits.leave()));
        assert!(!permits.try_enter());
    }
    assert!(!wake(permits.leave()));
    assert_eq!(enter_all(&permits), 1);
}

#[test]
fn shrinking_hands_nothing_over_until_enough_have_left() {
    let permits = full(3);
    let (ticket, rung) = wait(&permits);
    permits.resize(1);
    assert!(!wake(permits.leave()));
    assert!(!wake(permits.leave()));
    assert_eq!(rings(&rung), 0);
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, ticket));
    assert_eq!((permits.in_flight(), permits.queued()), (1, 0));
}

#[test]
fn shrinking_to_zero_keeps_the_queue_for_later() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    permits.resize(0);
    assert!(!wake(permits.leave()));
    assert_eq!((permits.in_flight(), permits.queued()), (0, 1));
    permits.resize(1);
    assert!(!permits.try_enter(), "past the queue");
    assert_eq!(grant_all(&permits), 1);
    assert!(has_entered(&permits, ticket));
}

#[test]
fn nothing_is_granted_where_nobody_waits() {
    let permits = Permits::new(1);
    assert!(!wake(permits.grant()));
    assert_eq!(permits.in_flight(), 0);
}

#[test]
fn nothing_is_granted_where_no_place_is_free() {
    let permits = full(1);
    let (ticket, rung) = wait(&permits);
    assert!(!wake(permits.grant()));
    assert!(!has_entered(&permits, ticket));
    assert_eq!((permits.in_flight(), permits.queued(), rings(&rung)), (1, 1, 0));
}

/// Tells, as it is dropped, whether the queue was locked then.
struct Nosy {
    permits: Arc<Permits>,
    locked: Sender<bool>,
}

impl Wake for Nosy {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Nosy {
    fn drop(&mut self) {
        // A lock that is held is printed as such; asking for it would hang the test instead of failing it.
        self.locked.send(format!("{:?}", self.permits).contains("<locked>")).ok();
    }
}

fn nosy(permits: &Arc<Permits>) -> (Waker, Receiver<bool>) {
    let (locked, was_locked) = channel();
    (Arc::new(Nosy { permits: Arc::clone(permits), locked }).into(), was_locked)
}

#[test]
fn a_waker_that_is_replaced_is_dropped_outside_the_lock() {
    let permits = Arc::new(full(1));
    let (waker, was_locked) = nosy(&permits);
    let Joined::Waiting(ticket) = permits.join(1, waker) else { panic!("there was no need to wait") };
    assert!(!has_entered(&permits, ticket));
    assert_eq!(was_locked.try_recv(), Ok(false));
}

#[test]
fn the_waker_of_one_who_goes_away_is_dropped_outside_the_lock() {
    let permits = Arc::new(full(1));
    let (waker, was_locked) = nosy(&permits);
    let Joined::Waiting(ticket) = permits.join(1, waker) else { panic!("there was no need to wait") };
    assert!(permits.cancel(ticket).is_none());
    assert_eq!(was_locked.try_recv(), Ok(false));
}

#[test]
fn a_waker_that_is_not_needed_is_dropped_outside_the_lock() {
    let permits = Arc::new(Permits::new(1));
    for joined in [Joined::Entered, Joined::QueueFull] {
        let (waker, was_locked) = nosy(&permits);
        assert_eq!(permits.join(0, waker), joined);
        assert_eq!(was_locked.try_recv(), Ok(false));
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    TryEnter,
    Join { max_queue: usize },
    Leave,
    Poll { whose: usize },
    Cancel { whose: usize },
    Resize { limit: usize },
    Grant,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::TryEnter),
        6 => (0..6_usize).prop_map(|max_queue| Step::Join { max_queue }),
        4 => Just(Step::Leave),
        3 => (0..8_usize).prop_map(|whose| Step::Poll { whose }),
        3 => (0..8_usize).prop_map(|whose| Step::Cancel { whose }),
        1 => prop_oneof![4 => 0..5_usize, 1 => Just(usize::MAX)].prop_map(|limit| Step::Resize { limit }),
        2 => Just(Step::Grant),
    ]
}

/// A waiter that has not seen yet that it entered, if it has.
struct Waiter {
    number: usize,
    ticket: Ticket,
    rung: Receiver<()>,
}

/// A queue and a counter.
#[derive(Default)]
struct Model {
    limit: usize,
    in_flight: usize,
    queue: VecDeque<usize>,
    /// Places whose holders know of them.
    held: usize,
}

impl Model {
    fn enters(&mut self) -> bool {
        let enters = self.queue.is_empty() && self.in_flight < self.limit;
        self.in_flight += usize::from(enters);
        enters
    }

    fn grants(&mut self) -> Option<usize> {
        let first = if self.in_flight < self.limit { self.queue.pop_front() } else { None };
        self.in_flight += usize::from(first.is_some());
        first
    }

    fn leaves(&mut self) -> Option<usize> {
        self.in_flight -= 1;
        self.grants()
    }
}

struct Pair {
    permits: Permits,
    model: Model,
    waiters: Vec<Waiter>,
    numbers: usize,
}

impl Pair {
    fn new(limit: usize) -> Self {
        let model = Model { limit, ..Model::default() };
        Self { permits: Permits::new(limit), model, waiters: Vec::new(), numbers: 0 }
    }

    fn take_all(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.take(step);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::TryEnter => {
                let enters = self.model.enters();
                self.model.held += usize::from(enters);
                assert_eq!(self.permits.try_enter(), enters);
            }
            Step::Join { max_queue } => self.join(max_queue),
            Step::Leave if self.model.held == 0 => {}
            Step::Leave => {
                self.model.held -= 1;
                let next = self.model.leaves();
                self.woken(self.permits.leave(), next);
            }
            Step::Poll { whose } if whose < self.waiters.len() => self.poll(whose),
            Step::Cancel { whose } if whose < self.waiters.len() => self.cancel(whose),
            Step::Poll { .. } | Step::Cancel { .. } => {}
            Step::Resize { limit } => {
                self.model.limit = limit;
                self.permits.resize(limit);
            }
            Step::Grant => {
                let next = self.model.grants();
                self.woken(self.permits.grant(), next);
            }
        }
        assert_eq!(self.permits.in_flight(), self.model.in_flight);
        assert_eq!(self.permits.queued(), self.model.queue.len());
        assert_eq!(self.permits.limit(), self.model.limit);
    }

    fn join(&mut self, max_queue: usize) {
        let (waker, rung) = bell();
        let joined = self.permits.join(max_queue, waker);
        if self.model.enters() {
            self.model.held += 1;
            assert_eq!(joined, Joined::Entered);
        } else if self.model.queue.len() >= max_queue {
            assert_eq!(joined, Joined::QueueFull);
        } else {
            let Joined::Waiting(ticket) = joined else { panic!("{joined:?}, where it had to wait") };
            self.model.queue.push_back(self.numbers);
            self.waiters.push(Waiter { number: self.numbers, ticket, rung });
            self.numbers += 1;
        }
    }

    fn poll(&mut self, whose: usize) {
        let waiter = &mut self.waiters[whose];
        let (waker, rung) = bell();
        let waits = self.model.queue.contains(&waiter.number);
        assert_eq!(self.permits.poll_entered(waiter.ticket, &waker), !waits);
        if waits {
            waiter.rung = rung;
        } else {
            self.waiters.remove(whose);
            self.model.held += 1;
        }
    }

    fn cancel(&mut self, whose: usize) {
        let waiter = self.waiters.remove(whose);
        let place = self.model.queue.iter().position(|number| *number == waiter.number);
        let next = match place {
            Some(place) => {
                self.model.queue.remove(place);
                None
            }
            None => self.model.leaves(),
        };
        self.woken(self.permits.cancel(waiter.ticket), next);
    }

    /// The one who is to be woken is the one who the model says, and nobody else.
    fn woken(&self, waker: Option<Waker>, next: Option<usize>) {
        wake(waker);
        let rung: Vec<_> = self.waiters.iter().filter(|waiter| rings(&waiter.rung) > 0).collect();
        let rung: Vec<_> = rung.iter().map(|waiter| waiter.number).collect();
        assert_eq!(rung, Vec::from_iter(next));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn permits_are_a_queue_and_a_counter(limit in 0..4_usize, steps in prop::collection::vec(step(), 0..80)) {
        let mut pair = Pair::new(limit);
        pair.take_all(steps);
    }

    #[test]
    fn nobody_waits_while_a_place_is_free(limit in 0..4_usize, steps in prop::collection::vec(step(), 0..80)) {
        let mut pair = Pair::new(limit);
        for step in steps {
            pair.take(step);
            if matches!(step, Step::Resize { .. }) {
                while pair.model.in_flight < pair.model.limit && !pair.model.queue.is_empty() {
                    pair.take(Step::Grant);
                }
            }
            prop_assert!(pair.permits.queued() == 0 || pair.permits.in_flight() >= pair.permits.limit());
        }
    }

    #[test]
    fn when_everybody_has_gone_all_places_are_free(limit in 1..4_usize, steps in prop::collection::vec(step(), 0..80)) {
        let mut pair = Pair::new(limit);
        pair.take_all(steps);
        while !pair.waiters.is_empty() {
            pair.take(Step::Cancel { whose: 0 });
        }
        while pair.model.held > 0 {
            pair.take(Step::Leave);
        }
        pair.take(Step::Resize { limit });
        prop_assert_eq!(pair.permits.in_flight(), 0);
        prop_assert_eq!(enter_all(&pair.permits), limit);
    }
}

/// Threads that enter, wait, go away and leave, and count how many are inside.
struct Crowd {
    permits: Permits,
    most: usize,
    inside: AtomicUsize,
}

impl Crowd {
    fn new(limit: usize, most: usize) -> Self {
        Self { permits: Permits::new(limit), most, inside: AtomicUsize::new(0) }
    }

    fn visit(&self) {
        let inside = self.inside.fetch_add(1, SeqCst) + 1;
        assert!(inside <= self.most, "{inside} inside");
        thread::yield_now();
        self.inside.fetch_sub(1, SeqCst);
        wake(self.permits.leave());
    }

    /// Waits to the end.
    fn wait(&self) {
        let (waker, rung) = bell();
        match self.permits.join(usize::MAX, waker) {
            Joined::Entered => {}
            Joined::QueueFull => panic!("the queue has no end"),
            Joined::Waiting(ticket) => {
                rung.recv_timeout(FOREVER).expect("nobody sleeps while a place is free");
                assert!(has_entered(&self.permits, ticket), "who is woken has a place");
            }
        }
        self.visit();
    }

    /// Goes away at once, handed a place or not.
    fn give_up(&self) {
        match self.permits.join(2, Waker::noop().clone()) {
            Joined::Entered => self.visit(),
            Joined::QueueFull => {}
            Joined::Waiting(ticket) => {
                thread::yield_now();
                wake(self.permits.cancel(ticket));
            }
        }
    }

    fn hammer(&self, seed: usize) {
        for round in 0..500 {
            match (round * 7 + seed * 3) % 5 {
                0 | 1 => self.wait(),
                2 | 3 => self.give_up(),
                _ if self.permits.try_enter() => self.visit(),
                _ => {}
            }
        }
    }

    fn is_back_to_the_start(&self, limit: usize) {
        assert_eq!((self.permits.in_flight(), self.permits.queued()), (0, 0));
        assert_eq!(enter_all(&self.permits), limit);
    }
}

#[test]
fn under_threads_no_more_are_inside_than_the_limit_and_nobody_is_lost() {
    for limit in 1..=3 {
        let crowd = Crowd::new(limit, limit);
        thread::scope(|scope| {
            for seed in 0..5 {
                let crowd = &crowd;
                scope.spawn(move || crowd.hammer(seed));
            }
        });
        crowd.is_back_to_the_start(limit);
    }
}

#[test]
fn under_threads_a_resize_loses_nobody() {
    let crowd = Crowd::new(1, 3);
    thread::scope(|scope| {
        for seed in 0..4 {
            let crowd = &crowd;
            scope.spawn(move || crowd.hammer(seed));
        }
        for limit in [0, 3, 1, 2].into_iter().cycle().take(400).chain([2]) {
            crowd.permits.resize(limit);
            grant_all(&crowd.permits);
            thread::yield_now();
        }
    });
    crowd.is_back_to_the_start(2);
}
