//! Panics, and the largest settings.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_key_function_that_panics_leaves_nothing_behind() {
    let layer = pattern().per_key(|ask: &Ask| if let Fail(_) = ask { panic!("no key") } else { host(ask) }).build();
    let layer = layer.unwrap();
    let mut service = layer.layer(inner());
    service.ready().await.unwrap();
    assert!(panics(|| service.call(Fail(1))));
    assert!(layer.handle().is_empty());
    assert_eq!(service.ready().await.unwrap().call(Answer(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_service_is_a_failure_of_its_key() {
    let layer = breakers();
    let mut service = layer.layer(service_fn(|ask: Ask| -> Ready<Result<u32, Down>> { panic!("{ask:?}") }));
    for _ in 0..2 {
        service.ready().await.unwrap();
        assert!(panics(|| service.call(Answer(1))));
    }
    assert_eq!(phase(&layer.handle(), 1), Some(Phase::Open));
}

#[test]
fn a_layer_without_room_for_a_key_is_not_built() {
    let error = builder().capacity(0).build().unwrap_err();
    assert_eq!((error.setting(), error.value()), ("capacity", "0"));
    assert_eq!(error.to_string(), "per key `upstream`: `capacity` is 0, but must be at least 1");
}

#[test]
fn settings_that_are_illegal_for_a_key_are_an_error_at_build() {
    let error = pattern().probes(0).per_key(host as Host).build().unwrap_err();
    assert_eq!(error.to_string(), "circuit breaker `upstream`: `probes` is 0, but must be 1 to 1,023");
    let error = CircuitBreakerLayer::builder("").per_key(host as Host).build().unwrap_err();
    assert_eq!(error.setting(), "name");
}

#[tokio::test(start_paused = true)]
async fn the_largest_settings_are_legal() {
    let layer = builder().capacity(usize::MAX).idle(Duration::MAX).build().unwrap();
    let unlimited = BulkheadLayer::builder(usize::MAX).per_key(host as Host).idle(IDLE).build().unwrap();
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.unwrap();
        ask(&unlimited, Answer(host)).await.unwrap();
        advance(IDLE).await;
    }
    assert_eq!(sorted(&layer.handle()), [1, 2]);
    assert_eq!(sorted(&unlimited.handle()), [2]);
}

#[test]
fn what_is_shown_names_the_layer() {
    let layer = breakers();
    let shown = r#"AdmissionLayer { admit: PerKey { name: "upstream", keys: Keys { len: 0, capacity: 2, .. }, full: Pass, .. }"#;
    assert!(format!("{layer:?}").starts_with(shown), "{layer:?}");
    assert!(format!("{:?}", layer.handle()).contains("upstream"));
    assert!(format!("{:?}", builder()).contains("capacity: 2"));
}
