//! How soon a service that is well again is used again.

use super::*;

#[test]
fn a_circuit_closes_soon_after_an_outage_of_any_length() {
    let mut all = Vec::new();
    for outage in [30, 60, 120, 300, 600, 900] {
        for seed in 1..=5 {
            all.push(until(Phase::Closed, outage, &play(&format!("dead for {outage} s, then well"), seed)));
        }
    }
    all.sort_by(f64::total_cmp);
    let (median, worst) = (all[all.len() / 2], all[all.len() - 1]);
    assert!(median <= 7.0 && worst <= 16.0, "{all:?}");
    println!("| after outages of 30 to 900 s: closes, median and worst | {median:.1} s, {worst:.1} s |");
}

#[test]
fn a_healthy_service_whose_answers_take_long_is_used_again() {
    row("answers of 40 s, healthy again, 5 calls/s", "closes", |played| {
        let closed = until(Phase::Closed, 30, played);
        assert!(closed <= 60.0, "after {closed} s");
        format!("{closed:.0} s")
    });
}
