//! What may happen to a circuit, and under which rules.

use std::time::Duration;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{STEPS, Span};
use crate::outcome::Outcome::{self, Failed, Ignored, Success, Throttled, Transient};
use crate::state::circuit::{Phase, Rules};
use crate::state::tests::circuit::doubling;
use crate::time::Nanos;

#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Enter,
    /// Something happens to one of the calls in flight.
    Call(Index, Fate),
    Look,
    Force(Phase),
    Reset,
    Wait(u64),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Poll,
    End(Outcome, bool),
    Abandon,
    Refuse,
    /// A timeout of this limit cuts it short.
    TimeOut(u64, bool),
    Mark,
    Unmark,
}

pub(super) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let pause = prop_oneof![3 => Just(0_u64), 6 => 1..=200_u64, 1 => Just(u64::MAX)].prop_map(Duration::from_nanos);
    let throttled = option::of(pause).prop_map(|retry_after| Throttled { retry_after });
    let outcome =
        prop_oneof![6 => Just(Success), 3 => Just(Failed), 3 => Just(Transient), 1 => Just(Ignored), 3 => throttled];
    let limit = prop_oneof![2 => Just(0_u64), 3 => 1..=60_u64, 1 => Just(u64::MAX)];
    let fate = prop_oneof![
        150 => Just(Fate::Poll),
        240 => (outcome, prop::bool::weighted(0.2)).prop_map(|(outcome, is_repeat)| Fate::End(outcome, is_repeat)),
        50 => Just(Fate::Abandon),
        10 => Just(Fate::Refuse),
        40 => (limit, prop::bool::weighted(0.2)).prop_map(|(limit, is_repeat)| Fate::TimeOut(limit, is_repeat)),
        130 => Just(Fate::Mark),
        20 => Just(Fate::Unmark),
    ];
    let phase = prop_oneof![Just(Phase::ForcedOpen), Just(Phase::ForcedClosed), Just(Phase::MetricsOnly)];
    let wait = prop_oneof![6 => 0..=12_u64, 3 => 28..=52_u64, 2 => 78..=82_u64, 1 => 149..=151_u64, 1 => Just(3_600_000_000_000_u64), 1 => Just(u64::MAX - 1_000)];
    let act = prop_oneof![
        300 => Just(Act::Enter),
        460 => (any::<Index>(), fate).prop_map(|(call, fate)| Act::Call(call, fate)),
        20 => Just(Act::Look),
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
        option::of(rate()),
        option::of((rate(), prop_oneof![Just(0_u64), Just(10), Just(u64::MAX)])),
        option::of(1..=4_u32),
        1..=6_u64,
        1..=5_u32,
        prop_oneof![Just(0_u64), Just(30), Just(50), Just(u64::MAX)],
        prop_oneof![Just(0_u64), Just(60), Just(100), Just(u64::MAX)],
        prop_oneof![(6..=9_u32).prop_map(Span::Last), (1..=4_u32).prop_map(|buckets| Span::Time(10, buckets))],
    );
    rules.prop_map(
        |(failure_rate, throttled_rate, slow, consecutive, min_calls, probes, half_open_for, pause, span)| {
            let slow_rate = slow.map(|(rate, after)| (rate, Nanos(after)));
            let half_open_for = Nanos(half_open_for);
            let open_for = doubling(STEPS[0], STEPS[2]);
            let rules = Rules {
                failure_rate,
                throttled_rate,
                slow_rate,
                consecutive,
                min_calls,
                probes,
                half_open_for,
                open_for,
                max_retry_after: Nanos(pause),
            };
            match (failure_rate.or(throttled_rate), slow_rate, consecutive) {
                (None, None, None) => (Rules { consecutive: Some(2), ..rules }, Span::None),
                (None, None, _) => (rules, Span::None),
                _ => (rules, span),
            }
        },
    )
}
