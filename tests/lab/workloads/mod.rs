//! The defaults under loads: what README's stack answers, how much it asks of a service that is dead, and how soon it is back.
//!
//! `cargo test --test lab workloads -- --nocapture` prints the results that stand in the crate's docs.

#![expect(clippy::cast_precision_loss, reason = "calls are few")]
#![expect(clippy::print_stdout, reason = "the results are to be read")]

mod answered;
mod noticed;
mod recovered;

use palisade::Phase;

use crate::play::Script;
use crate::played::Played;
use crate::trace::Trace;
use crate::workload::{policy, workloads};

const SEEDS: [u64; 3] = [1, 2, 3];

/// Plays a workload of the lab.
fn play(name: &str, seed: u64) -> Played {
    let workload = workloads().expect("they are legal").into_iter().find(|workload| workload.name == name);
    let workload = workload.unwrap_or_else(|| panic!("there is no workload {name}"));
    let policy = policy(workload.policies.first().map_or("readme.toml", String::as_str)).expect("it is legal");
    let trace = Trace::Drawn(workload.loads);
    let script = Script { trace: &trace, patience: workload.patience.0, upstream: &workload.upstream, seed };
    script.play(&policy).expect("it is legal")
}

/// Plays it with each seed, and prints a row of the table: what it shows of each, and what that was of.
fn row(name: &str, of: &str, show: impl Fn(&Played) -> String) {
    let results: Vec<_> = SEEDS.iter().map(|seed| show(&play(name, *seed))).collect();
    println!("| {name}: {of} | {} |", results.join(", "));
}

/// The share of calls that were answered, in percent.
fn percent(played: &Played) -> f64 {
    100.0 * played.totals.good as f64 / played.totals.calls as f64
}

/// When the circuit was first seen in this phase after that second, in seconds from then.
fn until(phase: Phase, after: u64, played: &Played) -> f64 {
    let found = played.phases.iter().find(|(at, seen)| *seen == phase && at.as_secs() >= after);
    found.expect("it comes to this phase").0.as_secs_f64() - after as f64
}
