//! How soon a service that is well again is used again.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_circuit_closes_soon_after_an_outage_of_any_length() {
    let mut all = Vec::new();
    for outage in [30.0, 60.0, 120.0, 300.0, 600.0, 900.0] {
        for seed in 1..=5 {
            let (played, _) = play_readme(20.0, outage + 20.0, seed, move |at, _, _| (QUICK, at >= outage)).await;
            all.push(played.until(Phase::Closed, outage).expect("it closes"));
        }
    }
    all.sort_by(f64::total_cmp);
    let (median, worst) = (all[all.len() / 2], all[all.len() - 1]);
    assert!(median <= 7.0 && worst <= 16.0, "{all:?}");
    row("after outages of 30 to 900 s: closes, median and worst", &[format!("{median:.1} s"), format!("{worst:.1} s")]);
}

#[tokio::test(start_paused = true)]
async fn a_healthy_service_whose_answers_take_long_is_used_again() {
    let mut results = Vec::new();
    for seed in SEEDS {
        let (breaker, seen) = (breaker(seed), Seen::default());
        let circuit = breaker.handle();
        let fate = |at, _, _| if at < 30.0 { (QUICK, false) } else { (Duration::from_secs(40), true) };
        let service = breaker.layer(seen.service(seed, fate));
        let played = play(5.0, 120.0, seed, PATIENT, (service, circuit)).await;
        let closed = played.until(Phase::Closed, 30.0).expect("it closes");
        assert!(closed <= 60.0, "after {closed} s");
        results.push(format!("{closed:.0} s"));
    }
    row("answers of 40 s, healthy again, 5 calls/s: closes", &results);
}
