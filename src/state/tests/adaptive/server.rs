//! A simulated server: ten workers and a queue, arrivals and service times at random by a seed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::*;
use crate::state::criticality::Criticality;
use crate::state::permits::Shares;

pub(super) const WORKERS: usize = 10;

/// Numbers at random, by `SplitMix64`.
struct Random(u64);

impl Random {
    /// A time with this mean.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "about")]
    fn time(&mut self, times: Times, mean: f64) -> u64 {
        if times == Times::Steady {
            return mean as u64;
        }
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let uniform = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        (-mean * (1.0 - uniform).ln()) as u64
    }
}

/// Service times with a mean of 10 ms. With ten workers, the capacity is a thousand calls a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Steady,
    Exponential,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrives,
    Served { call: usize },
    TimesOut { call: usize },
}

/// What an algorithm is called, what makes one, and how the server's times are.
pub(super) type Row = (&'static str, fn() -> Make, Times);

/// A server behind a bulkhead.
pub(super) struct Simulated {
    permits: Permits,
    rounds: Rounds,
    random: Random,
    /// The mean time between arrivals, and that of a call at a worker.
    pub(super) pause: f64,
    pub(super) service: f64,
    times: Times,
    pub(super) timeout: Option<u64>,
    /// What the arrivals are, in turn.
    pub(super) classes: &'static [Criticality],
    arrived: usize,
    now: u64,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    /// When each call was admitted; `None` once it has ended.
    calls: Vec<Option<u64>>,
    queue: VecDeque<usize>,
    busy: usize,
    /// The limit at the end of each tenth of a second.
    pub(super) series: Vec<usize>,
}

impl Simulated {
    /// With so many arrivals a second.
    pub(super) fn new((_, make, times): Row, arrivals: f64, seed: u64) -> Self {
        Self {
            permits: Permits::new(BOUNDS.initial),
            rounds: Rounds::new(BOUNDS, make(), Nanos(0)),
            random: Random(seed),
            pause: 1e9 / arrivals,
            service: 1e7,
            times,
            timeout: None,
            classes: &[Criticality::Critical],
            arrived: 0,
            now: 0,
            events: BinaryHeap::from([Reverse((0, Event::Arrives))]),
            calls: Vec::new(),
            queue: VecDeque::new(),
            busy: 0,
            series: Vec::new(),
        }
    }

    /// Of all places, `share` are for the lower classes.
    pub(super) fn with_classes(self, share: f64, classes: &'static [Criticality]) -> Self {
        let permits = Permits::shared(BOUNDS.initial, Shares::new([share, share, 1.0, 1.0]));
        Self { permits, classes, ..self }
    }

    /// Returns the limit after so many tenths of a second more.
    pub(super) fn run(&mut self, rounds: usize) -> usize {
        let until = self.series.len() + rounds;
        while self.series.len() < until {
            let Reverse((at, event)) = self.events.pop().expect("calls go on arriving");
            while self.series.len() < until && (self.series.len() as u64 + 1) * 100 * MILLI <= at {
                self.series.push(self.permits.limit());
            }
            self.now = at;
            match event {
                Event::Arrives => self.arrive(),
                Event::Served { call } => self.served(call),
                Event::TimesOut { call } => self.end(call, Sample::Drop),
            }
        }
        self.permits.limit()
    }

    fn after(&mut self, time: u64, event: Event) {
        self.events.push(Reverse((self.now + time, event)));
    }

    fn arrive(&mut self) {
        let pause = self.random.time(Times::Exponential, self.pause);
        self.after(pause, Event::Arrives);
        let class = self.classes[self.arrived % self.classes.len()];
        self.arrived += 1;
        if self.permits.try_enter_at_once().is_err() && !self.permits.try_enter_as(class) {
            if self.permits.are_filled_by(class) {
                self.rounds.hold_back();
            }
            return;
        }
        let call = self.calls.len();
        self.calls.push(Some(self.now));
        if let Some(timeout) = self.timeout {
            self.after(timeout, Event::TimesOut { call });
        }
        self.queue.push_back(call);
        self.work();
    }

    fn work(&mut self) {
        while self.busy < WORKERS {
            let Some(call) = self.queue.pop_front() else { return };
            if self.calls[call].is_some() {
                self.busy += 1;
                let time = self.random.time(self.times, self.service);
                self.after(time, Event::Served { call });
            }
        }
    }

    fn served(&mut self, call: usize) {
        self.busy -= 1;
        self.end(call, Sample::Success);
        self.work();
    }

    fn end(&mut self, call: usize, sample: Sample) {
        let Some(since) = self.calls[call].take() else { return };
        self.rounds.record(&self.permits, sample, Nanos(since), Nanos(self.now));
        assert!(self.permits.leave().is_none());
    }
}
