//! Settings that are not legal.

use palisade::ConfigError;
use palisade::health::{Heartbeats, HeartbeatsBuilder};

use super::*;

fn setting<T>(result: Result<T, ConfigError>) -> String {
    let error = result.err().expect("it is not legal");
    assert!(!error.legal().is_empty());
    error.setting().to_owned()
}

#[test]
fn a_check_refuses_what_is_not_legal() {
    let builder = |name: &'static str| HealthCheck::builder(name, async || Ok::<_, Down>(()));
    let check = || builder("thing");
    assert_eq!(setting(builder("").build()), "name");
    assert_eq!(setting(HealthCheck::new("x".repeat(65), async || Ok::<_, Down>(()))), "name");
    assert_eq!(setting(check().interval(Duration::ZERO).build()), "interval");
    for jitter in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(setting(check().jitter(jitter).build()), "jitter");
    }
    assert_eq!(setting(check().healthy_threshold(0).build()), "healthy_threshold");
    assert_eq!(setting(check().unhealthy_threshold(0).build()), "unhealthy_threshold");
    let error = check().interval(Duration::ZERO).build().unwrap_err();
    assert_eq!(error.to_string(), "health check `thing`: `interval` is 0ns, but must be more than zero");
}

#[test]
fn heartbeats_refuse_what_is_not_legal() {
    let refused = |set: fn(HeartbeatsBuilder) -> HeartbeatsBuilder| setting(set(Heartbeats::builder()).build());
    for set in [
        |beats| HeartbeatsBuilder::threshold(beats, 0.0),
        |beats| beats.threshold(f64::NAN),
        |beats| beats.threshold(f64::INFINITY),
    ] as [fn(HeartbeatsBuilder) -> HeartbeatsBuilder; 3]
    {
        assert_eq!(refused(set), "threshold");
    }
    assert_eq!(refused(|beats| beats.samples(0)), "samples");
    assert_eq!(refused(|beats| beats.samples(10_001)), "samples");
    assert_eq!(refused(|beats| beats.min_std_deviation(Duration::ZERO)), "min_std_deviation");
    assert_eq!(refused(|beats| beats.first_estimate(Duration::ZERO)), "first_estimate");
    assert_eq!(refused(|beats| beats.forget_after(Duration::ZERO)), "forget_after");
}
