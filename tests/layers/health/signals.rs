//! Checks of a number.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_number_is_judged_by_its_lines() {
    for (value, verdict) in [
        (0.0, "healthy"),
        (-1.0, "healthy"),
        (0.899, "healthy"),
        (0.9, "degraded: 0.9, from 0.9 on"),
        (0.98, "degraded: 0.98, from 0.9 on"),
        (0.99, "unhealthy: 0.99, from 0.99 on"),
        (f64::INFINITY, "unhealthy: inf, from 0.99 on"),
        (f64::NAN, "unhealthy: the signal is not a number"),
    ] {
        let check = HealthCheck::signal("memory", move || value).degraded_at(0.9).unhealthy_at(0.99).build().unwrap();
        run(&check).await;
        assert_eq!(check.verdict().to_string(), verdict);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_line_a_number_is_healthy() {
    let check = HealthCheck::signal("memory", || 1e9).build().unwrap();
    run(&check).await;
    assert_eq!(check.verdict(), Verdict::Healthy);
}
