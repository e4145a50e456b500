//! How soon a service that is dead is noticed.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_dead_service_is_noticed_within_half_a_second() {
    for rate in [100.0, 2000.0] {
        let mut results = Vec::new();
        for seed in SEEDS {
            let (played, _) = play_readme(rate, 62.0, seed, |at, _, _| (QUICK, at < 60.0)).await;
            let opened = played.until(Phase::Open, 60.0).unwrap();
            assert!(opened <= 0.5, "after {opened} s");
            results.push(format!("{opened:.2} s"));
        }
        row(&format!("dead after a good minute, {rate}/s: time to open"), &results);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_of_ten_places_that_hangs_is_noticed() {
    let (breaker, seen) = (breaker(1), Seen::default());
    let circuit = breaker.handle();
    let layers = (breaker, BulkheadLayer::new(10), TimeoutLayer::new(Duration::from_secs(30)));
    let service = layers.layer(seen.service(1, |_, _, _| (Duration::from_secs(600), true)));
    let opened = play(20.0, 90.0, 1, PATIENT, (service, circuit)).await.until(Phase::Open, 0.0).unwrap();
    assert!(opened <= 65.0, "after {opened} s");
    row("10 places of 30 s, hung: time to open", &[format!("{opened:.0} s")]);
}

/// Plays a load with each seed, and asserts that the circuit opens in so many seconds.
async fn opens(load: &str, rate: f64, at_most: f64, fate: Fate) {
    let mut results = Vec::new();
    for seed in SEEDS {
        let (played, _) = play_readme(rate, 2.0 * at_most, seed, move |_, _, _| fate).await;
        let opened = played.until(Phase::Open, 0.0).expect("it opens");
        assert!(opened <= at_most, "{load}: after {opened} s");
        results.push(format!("{opened:.2} s"));
    }
    row(&format!("{load}: time to open"), &results);
}

#[tokio::test(start_paused = true)]
async fn a_dead_service_that_is_called_rarely_is_noticed() {
    opens("1 call in 10 s, dead", 0.1, 210.0, (QUICK, false)).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_only_too_slow_is_noticed() {
    opens("slow only, 1,100 ms over a limit of 1 s", 100.0, 1.5, (Duration::from_millis(1100), true)).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_dead_for_ten_minutes_is_asked_rarely() {
    let mut results = Vec::new();
    for seed in SEEDS {
        let (_, seen) = play_readme(100.0, 600.0, seed, |_, _, _| (QUICK, false)).await;
        assert!(seen.sent() <= 500, "{} calls were sent", seen.sent());
        results.push(seen.sent().to_string());
    }
    row("dead for ten minutes, 100/s: calls sent", &results);
}

/// The service fails until its circuit is open, and then hangs.
#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_asked_rarely_though_callers_leave() {
    let mut results = Vec::new();
    for seed in SEEDS {
        let (breaker, seen) = (breaker(seed), Seen::default());
        let circuit = breaker.handle();
        let fate = |at, _, _| if at < 1.0 { (QUICK, false) } else { (Duration::from_secs(3600), true) };
        let service = (breaker, TimeoutLayer::new(Duration::from_secs(10))).layer(seen.service(seed, fate));
        play(50.0, 601.0, seed, Duration::from_secs(2), (service, circuit)).await;
        let sent = seen.sent() - seen.in_vain();
        assert!(sent <= 800, "{sent} calls were sent");
        results.push(sent.to_string());
    }
    row("hung, callers leave after 2 s: calls sent in ten minutes", &results);
}
