//! What may happen to a circuit, and under which rules.

use proptest::{option, prelude::*, sample::Index};

use super::{STEPS, Span};
use crate::{
    state::{
        circuit::{Phase, Rules},
        counts::Verdict::{self, Failure, Success, Throttled},
        tests::circuit::doubling,
    },
    time::Nanos,
};

#[derive(Clone, Debug)]
pub(super) enum Act {
    Enter,
    End(Index, Verdict),
    Abandon(Index),
    Refuse(Index),
    Cut(Index),
    Force(Phase),
    Reset,
    Wait(u64),
}

pub(super) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let verdict = prop_oneof![3 => Just(Success), 4 => Just(Failure), 1 => Just(Throttled(Nanos(0)))];
    let phase = prop_oneof![Just(Phase::ForcedOpen), Just(Phase::ForcedClosed), Just(Phase::MetricsOnly)];
    let wait = prop_oneof![6 => 0..=12_u64, 3 => 28..=52_u64, 2 => 78..=82_u64, 1 => 149..=151_u64, 1 => Just(3_600_000_000_000_u64), 1 => Just(u64::MAX - 1_000)];
    let act = prop_oneof![
        300 => Just(Act::Enter),
        240 => (any::<Index>(), verdict).prop_map(|(flight, verdict)| Act::End(flight, verdict)),
        30 => any::<Index>().prop_map(Act::Abandon),
        10 => any::<Index>().prop_map(Act::Refuse),
        30 => any::<Index>().prop_map(Act::Cut),
        200 => wait.prop_map(Act::Wait),
        5 => phase.prop_map(Act::Force),
        7 => Just(Act::Reset),
        1 => Just(Act::Wait(u64::MAX)),
    ];
    prop::collection::vec(act, 1..250)
}

pub(super) fn settings() -> impl Strategy<Value = (Rules, Span)> {
    let rate = || prop_oneof![Just(0.3), Just(0.5), Just(1.0), 0.01..1.0_f64];
    let rules = (
        option::of(rate()),
        option::of((rate(), prop_oneof![Just(0_u64), Just(10), Just(u64::MAX)])),
        option::of(1..=4_u32),
        1..=6_u64,
        1..=5_u32,
        prop_oneof![Just(0_u64), Just(30), Just(50), Just(u64::MAX)],
        prop_oneof![(6..=9_u32).prop_map(Span::Last), (1..=4_u32).prop_map(|buckets| Span::Time(10, buckets))],
    );
    rules.prop_map(|(failure_rate, slow, consecutive, min_calls, probes, half_open_for, span)| {
        let slow_rate = slow.map(|(rate, after)| (rate, Nanos(after)));
        let half_open_for = Nanos(half_open_for);
        let open_for = doubling(STEPS[0], STEPS[2]);
        let rules = Rules {
            failure_rate,
            slow_rate,
            consecutive,
            min_calls,
            probes,
            half_open_for,
            open_for,
            max_retry_after: Nanos(0),
        };
        match (failure_rate, slow_rate, consecutive) {
            (None, None, None) => (Rules { consecutive: Some(2), ..rules }, Span::None),
            (None, None, _) => (rules, Span::None),
            _ => (rules, span),
        }
    })
}
