//! How many calls are answered by a service in trouble.

use super::*;

/// Plays this at 100 calls a second with each seed, and asserts that so many percent are answered, taken together.
async fn answers(
    load: &str,
    seconds: f64,
    at_least: f64,
    fate: impl Fn(f64, u64, f64) -> Fate + Clone + Send + Sync + 'static,
) {
    let mut each = Vec::new();
    for seed in SEEDS {
        each.push(play_readme(100.0, seconds, seed, fate.clone()).await.0.percent());
    }
    row(&format!("{load}: answered"), &each.iter().map(|percent| format!("{percent:.1} %")).collect::<Vec<_>>());
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    assert!((mean * 10.0).round() / 10.0 >= at_least, "{load}: {each:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_always_fails_costs_only_its_own_calls() {
    let fate = |_, call, _| (QUICK, Draws::new(call).third() > 0.3);
    answers("one tenant of 30 % always fails", 120.0, 68.0, fate).await;
}

#[tokio::test(start_paused = true)]
async fn failures_by_chance_are_retried() {
    for (share, at_least) in [(0.1, 99.9), (0.25, 97.0), (0.4, 75.0), (0.45, 65.0)] {
        let fate = move |_, _, draw| (QUICK, draw > share);
        answers(&format!("{:.0} % fail by chance", share * 100.0), 200.0, at_least, fate).await;
    }
}

/// Half up and half down, it is at times as long open as it is up: then it is asked less and less, as it should. With other seeds it
/// is 21 to 43 %.
#[tokio::test(start_paused = true)]
async fn a_service_that_comes_and_goes_is_used_while_it_is_there() {
    for (up, down, at_least) in [(7.0, 7.0, 20.0), (20.0, 3.0, 82.0), (3.0, 1.0, 60.0)] {
        let fate = move |at: f64, _, _| (QUICK, at % (up + down) < up);
        answers(&format!("{up} s up, {down} s down"), 600.0, at_least, fate).await;
    }
}

/// When the last open time ends is chance: after ten seconds it is up to five seconds late.
#[tokio::test(start_paused = true)]
async fn an_outage_of_ten_seconds_costs_up_to_fifteen() {
    let mut results = Vec::new();
    for seed in SEEDS {
        let is_dead = |at: f64| (15.0..25.0).contains(&at);
        let fate = move |at, _, draw| (QUICK, draw > 0.001 && !is_dead(at));
        let (played, seen) = play_readme(5000.0, 40.0, seed, fate).await;
        assert!(seen.in_vain() <= 1000, "{} calls were sent in vain", seen.in_vain());
        assert!(played.percent() >= 62.0, "{} %", played.percent());
        results.push(format!("{:.1} % and {}", played.percent(), seen.in_vain()));
    }
    row("5,000/s, dead for 10 s of 40: answered, and calls sent in vain", &results);
}
