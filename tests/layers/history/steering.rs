//! Steering through a registry.

use std::sync::{Arc, Mutex};

use palisade::event::{self, Event, Source};
use palisade::test_util::EventLog;
use palisade::{BulkheadLayer, Health, Phase, Policy, Rate, RateLimitLayer, Replicas, SteerError};

use super::*;
use crate::support::inner::Inner;

#[test]
fn a_circuit_goes_into_the_phase_that_is_said() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    for (action, phase) in [
        (Action::ForceOpen, Phase::ForcedOpen),
        (Action::MetricsOnly, Phase::MetricsOnly),
        (Action::ForceClosed, Phase::ForcedClosed),
        (Action::Reset, Phase::Closed),
    ] {
        assert_eq!(registry.steer(&payments(), &action, "ann"), Ok(1));
        assert_eq!(circuit.phase(), phase);
    }
}

#[test]
fn who_did_it_is_told_before_what_it_changed() {
    let registry = Registry::new();
    let _circuit = circuit(&registry);
    registry.steer(&payments(), &Action::ForceOpen, "ann").unwrap();
    // It is forced already, so nothing changes.
    registry.steer(&payments(), &Action::ForceOpen, "bob").unwrap();
    assert_eq!(texts(&registry), ["force open by ann", "closed to forced open (by hand)", "force open by bob"]);
}

#[test]
fn the_event_says_who_and_what() {
    let (registry, events) = (Registry::new(), EventLog::of_thread());
    let _circuit = circuit(&registry);
    registry.steer(&payments(), &Action::ForceOpen, "ann\n").unwrap();
    let told = events.of("palisade::circuit_breaker");
    let fields = ["message", "name", "action", "by"].map(|field| told[0].field(field));
    assert_eq!(fields, ["steered", "payments", "force_open", "ann\\n"]);
    assert_eq!(told[1].field("to"), "forced_open");
}

#[test]
fn observers_hear_of_each_instance_once() {
    let registry = Registry::new();
    let bulkheads = [(); 3].map(|()| {
        let builder = BulkheadLayer::builder(1).name(name("heard once each")).registry(&registry);
        builder.build().unwrap().handle()
    });
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    let subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
        let of_it = source.name().as_str() == "heard once each";
        if let Event::Steered { by, action, .. } = event {
            ears.lock().unwrap().extend(of_it.then(|| format!("{action} by {by}")));
        }
    });
    let target = Target::new(Kind::Bulkhead, "heard once each");
    assert_eq!(registry.steer(&target, &Action::Resize(9), "ann"), Ok(3));
    drop(subscription);
    assert_eq!(*heard.lock().unwrap(), ["resize to 9 by ann"; 3]);
    assert_eq!(bulkheads.map(|bulkhead| bulkhead.limit()), [9; 3]);
}

#[test]
fn a_long_name_of_who_did_it_is_cut_between_characters() {
    let registry = Registry::new();
    let _circuit = circuit(&registry);
    registry.steer(&payments(), &Action::Reset, &"é".repeat(300)).unwrap();
    let timeline = all(&registry);
    let What::Steered { by, action, .. } = &timeline.happenings[0].what else { panic!("{timeline:?}") };
    assert_eq!((by, action), (&"é".repeat(200), &Action::Reset));
}

#[test]
fn only_what_is_meant_is_steered() {
    let registry = Registry::new();
    let [a, b] = ["a", "b"].map(|of| touchy(&registry).name(name(of)).build().unwrap().handle());
    let elsewhere = touchy(&Registry::new()).name(name("a")).build().unwrap().handle();
    let again = touchy(&registry).name(name("a")).build().unwrap().handle();
    let steered = registry.steer(&Target::new(Kind::CircuitBreaker, "a"), &Action::ForceOpen, "ann");
    assert_eq!(steered, Ok(2));
    let phases = [a, again, b, elsewhere].map(|circuit| circuit.phase());
    assert_eq!(phases, [Phase::ForcedOpen, Phase::ForcedOpen, Phase::Closed, Phase::Closed]);
}

#[test]
fn the_circuits_of_keys_are_steered_together_or_each() {
    let registry = Registry::new();
    let layer = touchy(&registry).per_key(|key: &u32| *key).show_keys().build().unwrap();
    for key in [1, 2, 3] {
        layer.layer(up()).oneshot(key).now_or_never().unwrap().unwrap();
    }
    let phase = |key| layer.handle().get(&key).unwrap().phase();
    assert_eq!(registry.steer(&payments().key("2"), &Action::ForceOpen, "ann"), Ok(1));
    assert_eq!([1, 2, 3].map(phase), [Phase::Closed, Phase::ForcedOpen, Phase::Closed]);
    assert_eq!(registry.steer(&payments(), &Action::ForceClosed, "ann"), Ok(3));
    assert_eq!([1, 2, 3].map(phase), [Phase::ForcedClosed; 3]);
}

#[test]
fn a_rate_limit_takes_a_rate_and_a_burst() {
    let registry = Registry::new();
    let limit = RateLimitLayer::builder("payments", Rate::per_second(9)).registry(&registry).build().unwrap().handle();
    let target = Target::new(Kind::RateLimit, "payments");
    assert_eq!(registry.steer(&target, &Action::SetRate(Rate::per_second(3)), "ann"), Ok(1));
    assert_eq!(registry.steer(&target, &Action::SetBurst(5), "ann"), Ok(1));
    assert_eq!((limit.snapshot().rate, limit.snapshot().burst), (Rate::per_second(3), 5));
}

#[tokio::test(start_paused = true)]
async fn the_rate_of_all_keys_is_that_of_keys_to_come() {
    let registry = Registry::new();
    let builder = RateLimitLayer::builder("payments", Rate::per_second(9)).registry(&registry);
    let layer = builder.per_key(|key: &u32| *key).build().unwrap();
    let call = |key| layer.layer(up()).oneshot(key).now_or_never().unwrap().unwrap();
    call(1);
    let target = Target::new(Kind::RateLimit, "payments");
    assert_eq!(registry.steer(&target, &Action::SetRate(Rate::per_second(3)), "ann"), Ok(1));
    call(2);
    let rate = |key| layer.handle().get(&key).unwrap().snapshot().rate;
    assert_eq!([1, 2].map(rate), [Rate::per_second(3); 2]);
}

#[test]
fn a_health_drains_and_comes_back() {
    let registry = Registry::new();
    let health = Health::builder().registry(&registry).build().unwrap();
    let target = Target::new(Kind::Health, health.name().as_str());
    for (action, drains) in [(Action::Drain, true), (Action::Undrain, false)] {
        assert_eq!(registry.steer(&target, &action, "ann"), Ok(1));
        assert_eq!(health.is_draining(), drains);
    }
}

#[test]
fn a_replica_is_steered_by_its_name() {
    let registry = Registry::new();
    let builder = Replicas::builder("orders").add("a", Inner::default()).add("b", Inner::default());
    let service = builder.policy(Policy::FailOver).registry(&registry).build().unwrap();
    let handle = service.handle();
    let b = Target::new(Kind::Replicas, "orders").key("b");
    let steer = |action| assert_eq!(registry.steer(&b, &action, "ann"), Ok(1));
    let seen = || {
        let replica = handle.snapshot().replicas.into_iter().find(|replica| &*replica.name == "b").unwrap();
        (replica.is_drained, replica.is_in_use, replica.weight, replica.ejections)
    };
    steer(Action::Promote);
    assert_eq!(seen(), (false, true, 1, 0));
    steer(Action::SetWeight(7));
    steer(Action::Drain);
    assert_eq!(seen(), (true, false, 7, 0));
    steer(Action::Undrain);
    steer(Action::Eject);
    assert_eq!(seen().3, 1);
    steer(Action::Readmit);
    let timeline = all(&registry);
    let by_ann = timeline.happenings.iter().filter(|happening| happening.key.as_deref() == Some("b"));
    assert_eq!(by_ann.count(), 6);
}

#[test]
fn an_error_says_what_would_be_legal() {
    let registry = Registry::new();
    let _layers = (
        circuit(&registry),
        RateLimitLayer::builder("payments", Rate::per_second(9)).registry(&registry).build().unwrap().handle(),
        Replicas::builder("orders").add("a", Inner::default()).registry(&registry).build().unwrap(),
    );
    let orders = Target::new(Kind::Replicas, "orders");
    for (target, action, expected) in [
        (
            Target::new(Kind::CircuitBreaker, "orders"),
            Action::Reset,
            "circuit breaker \"orders\" is not listed; listed are circuit breaker \"payments\"",
        ),
        (
            payments().key("7"),
            Action::Reset,
            "circuit breaker \"payments\" of \"7\" is not listed; listed are circuit breaker \"payments\"",
        ),
        (
            Target::new(Kind::Bulkhead, "payments"),
            Action::Resize(1),
            "bulkhead \"payments\" is not listed; listed are none",
        ),
        (Target::new(Kind::Bulkhead, "payments"), Action::Reset, "bulkhead does not take reset; it takes resize"),
        (Target::new(Kind::Timeout, "timeout"), Action::Reset, "timeout does not take reset; it takes nothing"),
        (orders, Action::Drain, "replicas \"orders\" needs a key; there are replicas \"orders\" of \"a\""),
        (
            orders.key("z"),
            Action::Drain,
            "replicas \"orders\" of \"z\" is not listed; listed are replicas \"orders\", replicas \"orders\" of \"a\"",
        ),
        (
            orders.key("a"),
            Action::SetWeight(u32::MAX),
            "replicas `orders`: `weight` is 4294967295, but must be 0 to 1,000,000",
        ),
        (
            Target::new(Kind::RateLimit, "payments"),
            Action::SetBurst(0),
            "rate limit `payments`: `burst` is 0, but must be at least 1",
        ),
    ] {
        let error = registry.steer(&target, &action, "ann").unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(texts(&registry), [""; 0]);
}

#[test]
fn a_refused_value_is_the_error_of_the_setting() {
    let registry = Registry::new();
    let limit = RateLimitLayer::builder("payments", Rate::per_second(9)).registry(&registry).build().unwrap().handle();
    let target = Target::new(Kind::RateLimit, "payments");
    let error = registry.steer(&target, &Action::SetRate(Rate::per(Duration::ZERO, 1)), "ann").unwrap_err();
    assert!(matches!(error, SteerError::Refused(error) if error.setting() == "rate"));
    assert_eq!(limit.snapshot().rate, Rate::per_second(9));
}

#[test]
fn every_word_of_a_kind_is_taken_by_it() {
    let taken = Kind::ALL.iter().flat_map(|kind| Action::words_of(*kind).into_iter().map(move |word| (*kind, word)));
    let expected = [
        (Kind::CircuitBreaker, "force_open"),
        (Kind::CircuitBreaker, "force_closed"),
        (Kind::CircuitBreaker, "metrics_only"),
        (Kind::CircuitBreaker, "reset"),
        (Kind::Bulkhead, "resize"),
        (Kind::RateLimit, "set_rate"),
        (Kind::RateLimit, "set_burst"),
        (Kind::Fallback, "always"),
        (Kind::Fallback, "auto"),
        (Kind::Cache, "clear"),
        (Kind::Health, "drain"),
        (Kind::Health, "undrain"),
        (Kind::Replicas, "drain"),
        (Kind::Replicas, "undrain"),
        (Kind::Replicas, "promote"),
        (Kind::Replicas, "eject"),
        (Kind::Replicas, "readmit"),
        (Kind::Replicas, "set_weight"),
        (Kind::Chaos, "start"),
        (Kind::Chaos, "halt"),
        (Kind::Degradation, "set"),
        (Kind::Degradation, "auto"),
    ];
    assert_eq!(taken.collect::<Vec<_>>(), expected);
}
