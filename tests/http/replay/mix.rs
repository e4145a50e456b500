//! Scripts and bodies as chance has them, within the process, by a paused clock.

use std::time::Duration;

use palisade::Backoff;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tokio::runtime::Builder;

use crate::client::Wire;
use crate::patience::soon;
use crate::replay::drip::{CAP, Drip, Told};
use crate::replay::server::{ALL, Act, Then, after};
use crate::replay::wire::{in_process, retry};

const ATTEMPTS: u32 = 3;

#[derive(Clone, Debug)]
struct Case {
    wire: Wire,
    script: Vec<Act>,
    length: usize,
    told: Told,
    max_body: usize,
    pause: Duration,
}

fn acts() -> impl Strategy<Value = Act> {
    let bytes = prop_oneof![Just(0), Just(ALL), 0..200_000_usize];
    let then = prop_oneof![Just(Then::Answer(503)), Just(Then::ReadOn(503)), Just(Then::Cut)];
    (bytes, then).prop_map(|(bytes, then)| after(bytes, then))
}

fn cases() -> impl Strategy<Value = Case> {
    let wire = prop_oneof![Just(Wire::Http1), Just(Wire::Http2)];
    let length = prop_oneof![Just(0), Just(1), Just(CAP), Just(CAP + 1), 0..200_000_usize];
    let bounds = (any::<u64>(), option::of(any::<u64>()))
        .prop_map(|(lower, upper)| Told::Bounds(lower, upper.map(|more| lower.saturating_add(more).max(lower + 1))));
    let told = prop_oneof![Just(Told::Exact), Just(Told::Nothing), bounds];
    let max_body = prop_oneof![Just(0), Just(CAP), Just(CAP + 1), Just(1 << 20)];
    let pause = prop_oneof![Just(0), 1..1000_u64].prop_map(Duration::from_millis);
    (wire, vec(acts(), 0..ATTEMPTS as usize), length, told, max_body, pause)
        .prop_map(|(wire, script, length, told, max_body, pause)| Case { wire, script, length, told, max_body, pause })
}

async fn holds(case: &Case) -> Result<(), TestCaseError> {
    let world = in_process(case.wire, &case.script);
    let retry = retry().backoff(Backoff::constant(case.pause)).max_body(case.max_body).max_attempts(ATTEMPTS);
    let status = soon(world.put(retry, Drip::new(case.length, case.told))).await.ok();
    let arrivals = world.server.arrivals();
    prop_assert!(arrivals.len() <= case.script.len() + 1, "{arrivals:?}");
    prop_assert!(arrivals.iter().all(|one| one.is_right && one.length <= case.length), "{arrivals:?}");
    if status == Some(200) {
        prop_assert!(arrivals.last().unwrap().is_whole(case.length), "{arrivals:?}");
    }
    if case.length <= case.max_body {
        prop_assert_eq!((status, arrivals.len()), (Some(200), case.script.len() + 1), "{:?}", arrivals);
    }
    Ok(())
}

#[test]
fn no_wrong_byte_arrives_and_what_was_kept_arrives_whole() {
    let config = Config { cases: 100, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..Config::default() };
    TestRunner::new(config)
        .run(&cases(), |case| {
            let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            runtime.block_on(holds(&case))
        })
        .unwrap();
}
