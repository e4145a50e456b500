//! The keys as a list.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::Kept;
use crate::state::keys::{Keys, Retain, Retention};
use crate::time::Nanos;

/// So few that each miss may look at all.
const CAPACITY: usize = 6;
const IDLE: u64 = 16;

#[derive(Clone, Debug)]
enum Step {
    Call {
        key: u32,
    },
    Retain {
        key: u32,
        until: Option<u64>,
    },
    Free {
        key: u32,
    },
    /// Holds what a call has of the key, as one that streams does.
    Hold {
        key: u32,
    },
    /// Looks at what is kept for the key, and never looks away.
    Watch {
        key: u32,
    },
    LetGo,
    Pass {
        time: u64,
    },
    Back {
        time: u64,
    },
}

struct Entry {
    used: u64,
    retention: Retention,
}

struct Pair {
    keys: Keys<u32, Kept>,
    model: BTreeMap<u32, Entry>,
    held: Option<(u32, Kept)>,
    watched: Vec<Kept>,
    now: u64,
    went_back: bool,
}

impl Pair {
    fn new() -> Self {
        let keys = Keys::new(CAPACITY, Nanos(IDLE));
        Self { keys, model: BTreeMap::new(), held: None, watched: Vec::new(), now: 0, went_back: false }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Call { key } => self.call(key),
            Step::Retain { key, until } => {
                let retention = until.map_or(Retention::Used, |until| Retention::Until(Nanos(self.now + until)));
                self.set(key, retention);
            }
            Step::Free { key } => self.set(key, Retention::Free),
            Step::Hold { key } => {
                self.let_go();
                self.held = self.keys.get(key).map(|kept| (key, kept.for_call()));
            }
            Step::Watch { key } => self.watched.extend(self.keys.get(key)),
            Step::LetGo => self.let_go(),
            Step::Pass { time } => self.now += time,
            Step::Back { time } => {
                self.now = self.now.saturating_sub(time);
                self.went_back = true;
            }
        }
    }

    fn call(&mut self, key: u32) {
        let found = self.model.contains_key(&key);
        let looks = self.keys.looks();
        let number = self.keys.admit(key, Nanos(self.now), |_| || Kept::new(key as usize)).map(|kept| kept.0.number);
        let left = self.keys.collect(|key, _| *key);
        assert_eq!(left.len(), self.keys.len());
        assert!(left.len() <= CAPACITY);
        let gone: Vec<_> = self.model.keys().copied().filter(|known| !left.contains(known)).collect();
        assert!(!found || gone.is_empty(), "a call that finds its key lets none go");
        for other in gone {
            assert!(self.may_go(other), "{other} had to stay");
            self.model.remove(&other);
        }
        if self.keys.looks() > looks {
            self.find_used();
        }
        if let Some(number) = number {
            assert_eq!(number, key as usize);
            let new = Entry { used: 0, retention: Retention::Free };
            self.model.entry(key).or_insert(new).used = self.now;
        } else {
            assert!(!found, "a key that is known always has room");
            assert_eq!(left.len(), CAPACITY, "there was room");
            assert!(!self.model.keys().any(|other| self.must_go(*other)), "another had to make room");
        }
    }

    fn is_used(&self, key: u32) -> bool {
        let held = self.held.as_ref().is_some_and(|(held, _)| *held == key);
        held || self.model[&key].retention == Retention::Used
    }

    fn is_idle(&self, key: u32) -> bool {
        self.now >= self.model[&key].used + IDLE
    }

    fn may_go(&self, key: u32) -> bool {
        let until = if let Retention::Until(until) = self.model[&key].retention { until.0 } else { 0 };
        self.is_idle(key) && !self.is_used(key) && self.now >= until
    }

    /// Whether the key cannot have stayed. After a clock that went back, nothing is certain.
    fn must_go(&self, key: u32) -> bool {
        !self.went_back && self.may_go(key)
    }

    /// What a sweep has found in use is young again.
    fn find_used(&mut self) {
        let found: Vec<_> = self.model.keys().copied().filter(|key| self.is_idle(*key) && self.is_used(*key)).collect();
        for key in found {
            self.model.get_mut(&key).expect("it is one of them").used = self.now;
        }
    }

    /// Ties what is free, or frees what is in use.
    fn set(&mut self, key: u32, retention: Retention) {
        let held = self.held.as_ref().is_some_and(|(held, _)| *held == key);
        let Some(entry) = self.model.get_mut(&key) else { return };
        let settled = matches!((entry.retention, retention), (Retention::Free, _) | (Retention::Used, Retention::Free));
        if !held && settled {
            *self.keys.get(key).expect("the model has it").0.retention.lock() = retention;
            entry.retention = retention;
        }
    }

    fn let_go(&mut self) {
        drop(self.held.take());
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..10_u32;
    let step = prop_oneof![
        8 => key().prop_map(|key| Step::Call { key }),
        2 => (key(), proptest::option::of(0..2 * IDLE)).prop_map(|(key, until)| Step::Retain { key, until }),
        1 => key().prop_map(|key| Step::Free { key }),
        1 => key().prop_map(|key| Step::Hold { key }),
        1 => key().prop_map(|key| Step::Watch { key }),
        1 => Just(Step::LetGo),
        4 => (0..IDLE).prop_map(|time| Step::Pass { time }),
    ];
    vec(step, 0..120)
}

proptest! {
    #[test]
    fn the_keys_go_and_stay_as_those_of_a_list_do(steps in steps()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step);
        }
    }

    #[test]
    fn a_clock_that_goes_back_lets_no_entry_go_too_soon(steps in steps(), backs in vec((0..120_usize, 0..3 * IDLE), 1..4)) {
        let mut pair = Pair::new();
        for (number, step) in steps.iter().enumerate() {
            pair.take(step);
            for (_, time) in backs.iter().filter(|(at, _)| *at == number) {
                pair.take(&Step::Back { time: *time });
            }
        }
    }
}
