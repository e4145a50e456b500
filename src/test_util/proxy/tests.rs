//! What passes, whatever the faults are.

use std::iter;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;
use tokio::time::Instant;

use super::fault::Fault;
use super::flow::{Cut, Flow};
use crate::time::now;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
enum Step {
    Push(u8),
    Set(Fault),
    Pass(usize),
    Wait(Duration),
}

fn step(faults: impl Strategy<Value = Fault>) -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..20u8).prop_map(Step::Push),
        faults.prop_map(Step::Set),
        (0..30usize).prop_map(Step::Pass),
        (0..3000u64).prop_map(|millis| Step::Wait(Duration::from_millis(millis))),
    ]
}

/// Faults that lose nothing.
fn patient() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::None),
        prop_oneof![Just(Duration::ZERO), Just(SECOND), Just(Duration::MAX)].prop_map(Fault::Latency),
        (prop_oneof![0..3usize, Just(usize::MAX)], prop_oneof![Just(Duration::ZERO), Just(Duration::MAX)])
            .prop_map(|(bytes, every)| Fault::Drip { bytes, every }),
        Just(Fault::Partition),
    ]
}

fn any() -> impl Strategy<Value = Fault> {
    let cuts = prop_oneof![0..40usize, Just(usize::MAX)].prop_map(Fault::CutAfter);
    prop_oneof![patient(), Just(Fault::BlackHole), Just(Fault::HalfClose), cuts]
}

/// A flow whose sender numbers its bytes, and what has passed.
struct Run {
    flow: Flow,
    now: Instant,
    sent: Vec<u8>,
    passed: Vec<u8>,
    has_ended: bool,
}

impl Run {
    /// Takes steps up to a cut.
    fn of(steps: &[Step]) -> (Self, Result<(), Cut>) {
        let mut run =
            Self { flow: Flow::default(), now: now(), sent: Vec::new(), passed: Vec::new(), has_ended: false };
        let ended = steps.iter().try_for_each(|step| run.step(*step));
        (run, ended)
    }

    fn step(&mut self, step: Step) -> Result<(), Cut> {
        match step {
            Step::Push(bytes) if self.flow.has_room() => {
                let first = u8::try_from(self.sent.len() % 251).expect("it is less than 251");
                let bytes: Vec<_> =
                    iter::successors(Some(first), |byte| Some((byte + 1) % 251)).take(bytes.into()).collect();
                self.flow.push(&bytes, self.now);
                self.sent.extend(bytes);
            }
            Step::Push(_) => {}
            Step::Set(fault) => self.flow.set(fault, self.now),
            Step::Wait(time) => self.now += time,
            Step::Pass(most) => _ = self.pass(most)?,
        }
        Ok(())
    }

    /// Passes at most so many bytes of what is due, and returns whether anything was.
    fn pass(&mut self, most: usize) -> Result<bool, Cut> {
        let Some(due) = self.flow.due()?.filter(|due| due.at.is_none_or(|at| at <= self.now)) else {
            return Ok(false);
        };
        assert!(!self.has_ended, "something passes after the end");
        let bytes = due.bytes.len().min(most);
        self.has_ended = due.bytes.is_empty();
        self.passed.extend(&due.bytes[..bytes]);
        self.flow.pass(bytes, self.now);
        Ok(true)
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn all_passes_in_its_order_once_there_is_no_fault(steps in vec(step(patient()), 0..60)) {
        let (mut run, ended) = Run::of(&steps);
        prop_assert_eq!(ended, Ok(()));
        run.flow.set(Fault::None, run.now);
        run.flow.push(&[], run.now);
        while run.pass(usize::MAX).expect("no fault cuts") {}
        prop_assert!(run.has_ended && run.flow.is_over());
        prop_assert_eq!(run.passed, run.sent);
    }

    #[test]
    fn what_passes_is_the_beginning_of_what_was_sent(steps in vec(step(any()), 0..60)) {
        let (run, ended) = Run::of(&steps);
        prop_assert!(ended.is_ok() || ended == Err(Cut::Closed));
        prop_assert!(run.sent.starts_with(&run.passed));
    }
}

#[test]
fn a_cut_counts_from_when_the_fault_began() {
    let now = now();
    let mut flow = Flow::default();
    flow.push(b"before", now);
    flow.pass(3, now);
    flow.set(Fault::CutAfter(2), now);
    assert_eq!(flow.due().unwrap().unwrap().bytes, b"or");
    flow.pass(2, now);
    assert_eq!(flow.due(), Err(Cut::Closed));
}

#[test]
fn latency_delays_each_byte_from_when_it_was_sent() {
    let now = now();
    let mut flow = Flow::default();
    flow.set(Fault::Latency(SECOND), now);
    flow.push(b"one", now);
    flow.push(b"two", now);
    flow.push(&[], now + SECOND);
    let mut at = || {
        let due = flow.due().unwrap().map(|due| (due.at, due.bytes.len()));
        flow.pass(due.map_or(0, |(_, bytes)| bytes), now + SECOND);
        due.and_then(|(at, _)| at)
    };
    assert_eq!([at(), at(), at(), at()], [Some(now + SECOND), Some(now + SECOND), Some(now + 2 * SECOND), None]);
}

#[test]
fn a_flow_that_is_full_takes_no_more_before_some_has_passed() {
    let now = now();
    let mut flow = Flow::default();
    flow.set(Fault::Latency(SECOND), now);
    let pushed = (0..1000).take_while(|_| flow.has_room().then(|| flow.push(&[0; 8192], now)).is_some()).count();
    assert_eq!(pushed, 32);
    flow.pass(1, now);
    assert!(flow.has_room());
}
