//! A bad setting is an error of `build()`; what is legal runs, to the limits of its type.

use palisade::Backoff;

use super::*;

fn builder() -> ReplicasBuilder<Inner> {
    named(&[Inner::default(), Inner::default()])
}

#[track_caller]
fn refused(builder: ReplicasBuilder<Inner>) -> (&'static str, String) {
    let error = builder.build().expect_err("it is not legal");
    let text = error.to_string();
    assert!(text.starts_with("replicas `orders`: ") && text.contains(error.value()), "{text}");
    (error.setting(), error.value().to_owned())
}

#[test]
fn what_is_not_legal_is_refused_by_its_name() {
    assert_eq!(refused(builder().max_tries(0)), ("max_tries", "0".into()));
    assert_eq!(refused(builder().consecutive(0)), ("consecutive", "0".into()));
    assert_eq!(refused(builder().needed(0)), ("needed", "0".into()));
    assert_eq!(refused(builder().needed(1_001)), ("needed", "1001".into()));
    assert_eq!(refused(builder().spares(usize::MAX)), ("spares", usize::MAX.to_string()));
    for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(builder().min_gap(bad)).0, "min_gap");
        assert_eq!(refused(builder().max_ejected(bad)).0, "max_ejected");
        assert_eq!(refused(builder().panic_below(bad)).0, "panic_below");
    }
    assert_eq!(refused(builder().backoff(Backoff::exponential(SECOND, MILLI))).0, "backoff");
    let keyed = builder().by_key(|request: &u32| *request).shards(0).build().unwrap_err();
    assert_eq!(keyed.setting(), "shards");
}

#[test]
fn a_replica_that_is_not_legal_is_refused() {
    for name in [String::new(), "x".repeat(257)] {
        assert_eq!(refused(builder().add(name, Inner::default())).0, "replica");
    }
    assert_eq!(refused(builder().add("b", Inner::default())), ("replica", "\"b\" again".into()));
    assert_eq!(refused(builder().replica(Replica::new("z", Inner::default()).weight(u32::MAX))).0, "weight");
    assert!(builder().add("x".repeat(256), Inner::default()).build().is_ok());
}

#[test]
fn a_name_of_the_set_that_is_not_legal_is_refused() {
    for name in [String::new(), "x".repeat(65)] {
        assert_eq!(Replicas::<Inner>::builder(name).build().unwrap_err().setting(), "name");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_replicas_are_legal_and_one_more_is_not() {
    let inner = Inner::default();
    let many = |number: u32| {
        let names = (0..number).map(|number| format!("replica {number}"));
        names.fold(Replicas::builder("orders"), |builder, name| builder.add(name, inner.clone()))
    };
    for policy in [Policy::LeastLoaded, Policy::RoundRobin, Policy::FailOver] {
        assert_eq!(call(&many(1_000).policy(policy).build().unwrap(), 50).await, 50, "{policy:?}");
    }
    let service = many(1_000).build().unwrap();
    assert_eq!(service.add("another", inner.clone()).unwrap_err().value(), "number 1001");
    assert_eq!(many(1_001).build().unwrap_err().setting(), "replica");
}

#[tokio::test(start_paused = true)]
async fn every_knob_runs_at_its_least_and_at_its_most() {
    let times = [Duration::ZERO, Duration::MAX];
    for (time, share, count) in [(times[0], 0.0, 1), (times[1], 1.0, u32::MAX)] {
        for policy in [Policy::LeastLoaded, Policy::RoundRobin, Policy::FailOver] {
            let inners = [Inner::failing(), Inner::default(), Inner::default()];
            let service = named(&inners)
                .policy(policy)
                .consecutive(count)
                .base(time)
                .min_gap(share)
                .max_ejected(share)
                .panic_below(share)
                .slow_start(time)
                .healthy_for(time)
                .ready_within(time)
                .backoff(Backoff::constant(time))
                .max_tries(usize::try_from(count).unwrap())
                .needed(1_000)
                .spares(1_000)
                .build()
                .unwrap();
            for second in 0..20 {
                call(&service, 10).await;
                if second % 5 == 0 {
                    service.handle().eject("b");
                    service.handle().readmit("b");
                }
                advance(SECOND).await;
            }
            let snapshot = service.handle().snapshot();
            assert!(snapshot.replicas.iter().all(|replica| replica.in_flight == 0), "{policy:?} {time:?}");
        }
    }
}
