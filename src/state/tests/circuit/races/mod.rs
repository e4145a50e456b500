//! Claims about two threads at one circuit.

mod admissions;
mod results;

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use crate::state::circuit::Circuit;
use crate::state::tests::together;

/// Makes a circuit for each round, runs the round on two threads at once, and adds up what it returns.
fn each_round(make: impl Fn() -> Circuit, round: impl Fn(&Circuit) -> u32 + Sync) -> Vec<(Circuit, u32)> {
    let circuits: Vec<_> = (0..3_000).map(|_| (make(), AtomicU32::new(0))).collect();
    together(circuits.len(), |number| {
        let (circuit, sum) = &circuits[number];
        sum.fetch_add(round(circuit), SeqCst);
    });
    circuits.into_iter().map(|(circuit, sum)| (circuit, sum.into_inner())).collect()
}
