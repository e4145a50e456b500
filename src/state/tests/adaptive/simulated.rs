//! Claims shown by a simulated server, by seeds.

use super::server::{Row, Simulated, Times, WORKERS};
use super::*;
use crate::state::criticality::Criticality;

fn gradient() -> Make {
    Make::new(Gradient::default)
}

fn vegas() -> Make {
    Make::new(Vegas::default)
}

fn aimd() -> Make {
    Make::new(|| Aimd)
}

/// A server, and what failures call it.
fn server(row: Row, arrivals: f64, seed: u64) -> (String, Simulated) {
    let (name, _, times) = row;
    (format!("{name}, {times:?}, seed {seed}"), Simulated::new(row, arrivals, seed))
}

fn mean(series: &[usize]) -> usize {
    series.iter().sum::<usize>() / series.len()
}

#[test]
fn twice_the_load_that_lasts_settles_near_the_capacity() {
    for seed in 1..=2 {
        for (row, settled) in [
            (("gradient", gradient as fn() -> Make, Times::Steady), 17..=22),
            (("gradient", gradient, Times::Exponential), 15..=22),
            (("vegas", vegas, Times::Steady), 15..=20),
            (("vegas", vegas, Times::Exponential), 12..=20),
        ] {
            let (name, mut server) = server(row, 2_000.0, seed);
            server.run(1_600);
            let (early, late) = (&server.series[..700], &server.series[700..]);
            assert!(early.iter().all(|limit| *limit < 50), "{name}: {early:?}");
            assert!(settled.contains(&mean(late)), "{name}: {} in {late:?}", mean(late));
            assert!(late.iter().all(|limit| *limit < 40), "{name}: {late:?}");
        }
    }
}

/// Calls take as long as a round or two: when the first one ends, only quick ones have ended.
#[test]
fn a_healthy_service_with_room_keeps_a_place_for_each_worker() {
    for seed in 1..=60 {
        for (service, arrivals) in [(5e7, 120.0), (1e8, 60.0), (2e8, 30.0)] {
            let (name, mut server) = server(("gradient", gradient, Times::Exponential), arrivals, seed);
            server.service = service;
            server.run(600);
            let series = &server.series;
            assert!(series.iter().all(|limit| *limit >= WORKERS), "{name}, {arrivals} a second: {series:?}");
        }
    }
}

#[test]
fn an_overload_from_the_first_call_on_leaves_no_worker_idle() {
    for seed in 1..=20 {
        let (name, mut server) = server(("gradient", gradient, Times::Exponential), 300.0, seed);
        server.service = 5e7;
        server.run(290);
        let series = &server.series;
        assert!(series.iter().all(|limit| (WORKERS..60).contains(limit)), "{name}: {series:?}");
    }
}

/// The queue that a measurement empties takes many rounds.
#[test]
fn an_overload_by_calls_longer_than_a_round_does_not_run_away() {
    for seed in 1..=4 {
        for (name, make) in [("gradient", gradient as fn() -> Make), ("vegas", vegas)] {
            for times in [Times::Steady, Times::Exponential] {
                let (name, mut server) = server((name, make, times), 30.0, seed);
                server.service = 5e8;
                server.run(6_000);
                let series = &server.series;
                assert!(series.iter().all(|limit| *limit < 90), "{name}: {series:?}");
            }
        }
    }
}

/// With a share of a half, the limit grows only because half of it counts as used.
#[test]
fn a_load_that_only_its_share_holds_back_settles_near_the_capacity_too() {
    for (name, make) in [("gradient", gradient as fn() -> Make), ("vegas", vegas)] {
        for share in [0.8, 0.5] {
            let (name, server) = server((name, make, Times::Steady), 2_000.0, 1);
            let mut server = server.with_classes(share, &[Criticality::SheddablePlus]);
            server.run(2_400);
            let late = &server.series[700..];
            let taken = share * f64::from(u32::try_from(mean(late)).unwrap());
            assert!((12.0..=24.0).contains(&taken), "{name}, {share}: {taken} places of {late:?}");
        }
    }
}

#[test]
fn a_lower_class_that_fills_its_share_beside_a_higher_one_leaves_no_queue() {
    for (name, make) in [("gradient", gradient as fn() -> Make), ("vegas", vegas)] {
        let (name, server) = server((name, make, Times::Steady), 2_500.0, 1);
        let classes = &[Criticality::Critical, Criticality::Sheddable, Criticality::Sheddable];
        let mut server = server.with_classes(0.5, classes);
        server.run(2_400);
        let late = &server.series[700..];
        assert!((12..=40).contains(&mean(late)), "{name}: {} in {late:?}", mean(late));
    }
}

#[test]
fn a_service_that_stays_four_times_slower_gets_its_own_limit() {
    for (name, make) in [("gradient", gradient as fn() -> Make), ("vegas", vegas)] {
        let (name, mut server) = server((name, make, Times::Steady), 2_000.0, 1);
        server.run(450);
        server.service *= 4.0;
        server.run(2_400);
        let (down, late) = (&server.series[450..650], &server.series[2_500..]);
        assert!(down.iter().any(|limit| *limit < 9), "{name}: {down:?}");
        assert!((13..=24).contains(&mean(late)), "{name}: {late:?}");
    }
}

#[test]
fn a_step_in_latency_halves_the_limit_within_20_rounds_and_it_comes_back() {
    for seed in 1..=3 {
        for (row, arrivals, timeout) in [
            (("gradient", gradient as fn() -> Make, Times::Exponential), 830.0, None),
            (("gradient", gradient, Times::Exponential), 950.0, None),
            (("gradient", gradient, Times::Exponential), 500.0, None),
            (("vegas", vegas, Times::Exponential), 830.0, None),
            (("vegas", vegas, Times::Exponential), 950.0, None),
            (("aimd", aimd, Times::Exponential), 830.0, Some(100 * MILLI)),
        ] {
            let (name, mut server) = server(row, arrivals, seed);
            server.timeout = timeout;
            let before = server.run(400);
            server.service *= 4.0;
            let down = server.run(20);
            server.service /= 4.0;
            server.run(100);
            let series = &server.series[390..];
            assert!(2 * down <= before, "{name}: from {before} to {down}: {series:?}");
            let back = series[30..].iter().max();
            assert!(back.is_some_and(|back| 2 * back >= before), "{name}: from {before} to {down}: {series:?}");
        }
    }
}

#[test]
fn a_service_that_only_times_out_never_gets_a_higher_limit() {
    for (name, make) in [("gradient", gradient as fn() -> Make), ("vegas", vegas), ("aimd", aimd)] {
        let (name, mut server) = server((name, make, Times::Steady), 2_000.0, 1);
        server.service *= 1e6;
        server.timeout = Some(20 * MILLI);
        server.run(100);
        let series = &server.series;
        assert!(series.is_sorted_by(|before, after| before >= after), "{name}: {series:?}");
        assert_eq!(series.last(), Some(&1), "{name}: {series:?}");
    }
}
