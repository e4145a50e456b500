//! Claims against a list of all readings.

use proptest::prelude::*;

use crate::state::degradation::{Degradation, Hysteresis, Lines};
use crate::time::Nanos;

const SIGNALS: [usize; 3] = [2, 0, 1];
const ALL: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Read([f64; ALL], u64),
    Set(usize),
    Auto,
}

fn lines() -> impl Strategy<Value = Lines> {
    let time = || prop_oneof![Just(0), 1..30_u64, Just(u64::MAX)].prop_map(Nanos);
    let line = prop_oneof![Just((0.5, 0.0)), Just((1.0, 0.5)), Just((0.75, 0.25))];
    (line, time(), time()).prop_map(|((enter_at, leave_at), enter_after, leave_after)| Lines {
        enter_at,
        leave_at,
        enter_after,
        leave_after,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = || (0..=4_u32).prop_map(|quarters| f64::from(quarters) / 4.0);
    let wait = prop_oneof![4 => 0..20_u64, 1 => Just(u64::MAX / 3)];
    let step = prop_oneof![
        8 => ([value(), value(), value()], wait).prop_map(|(values, wait)| Step::Read(values, wait)),
        1 => (0..=SIGNALS.len()).prop_map(Step::Set),
        1 => Just(Step::Auto),
    ];
    prop::collection::vec(step, 1..80)
}

/// All that was read, and what is on. Nothing of it is ever forgotten.
struct Model {
    lines: Vec<Lines>,
    readings: Vec<([f64; ALL], u64)>,
    are_on: [bool; SIGNALS.len()],
    by_hand: Option<usize>,
}

impl Model {
    /// Whether all readings have been so from some moment on until now, for at least so long.
    fn lasted(&self, is_so: impl Fn(&[f64; ALL]) -> bool, time: Nanos) -> bool {
        let run = self.readings.iter().rev().take_while(|(values, _)| is_so(values));
        let (first, now) = (run.last(), self.readings.last());
        first.zip(now).is_some_and(|((_, first), (_, now))| now - first >= time.0)
    }

    fn read(&mut self, values: [f64; ALL], now: u64) {
        self.readings.push((values, now));
        let mut first = 0;
        for (mode, count) in SIGNALS.into_iter().enumerate() {
            let (Lines { enter_at, leave_at, enter_after, leave_after }, own) =
                (self.lines[mode], first..first + count);
            let is_high = |signal: usize| self.lasted(|values| values[signal] >= enter_at, enter_after);
            let are_low =
                || self.lasted(|values| values[own.clone()].iter().all(|value| *value <= leave_at), leave_after);
            self.are_on[mode] = if self.are_on[mode] { !are_low() } else { own.clone().any(is_high) };
            first += count;
        }
    }

    fn in_force(&self) -> usize {
        let highest = (1..=self.are_on.len()).rev().find(|mode| self.are_on[mode - 1]);
        self.by_hand.unwrap_or(highest.unwrap_or(0))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_mode_in_force_is_that_of_the_whole_history(lines in [lines(), lines(), lines()], steps in steps()) {
        let modes = lines.iter().zip(SIGNALS).map(|(lines, signals)| Hysteresis::new(*lines, signals));
        let degradation = Degradation::new(modes.collect());
        let mut model = Model { lines: lines.into(), readings: Vec::new(), are_on: [false; 3], by_hand: None };
        let mut now = 0_u64;
        for step in steps {
            let before = model.in_force();
            let change = match step {
                Step::Read(values, wait) => {
                    now = now.saturating_add(wait);
                    model.read(values, now);
                    degradation.read(&values, Nanos(now))
                }
                Step::Set(mode) => {
                    model.by_hand = Some(mode);
                    degradation.set(mode, Nanos(now))
                }
                Step::Auto => {
                    model.by_hand = None;
                    degradation.auto(Nanos(now))
                }
            };
            let after = model.in_force();
            prop_assert_eq!(degradation.in_force(), after);
            prop_assert_eq!(degradation.view().in_force, after);
            prop_assert_eq!(degradation.view().is_by_hand, model.by_hand.is_some());
            let changed = change.map(|change| (change.from, change.to));
            prop_assert_eq!(changed, (before != after).then_some((before, after)));
        }
    }
}
