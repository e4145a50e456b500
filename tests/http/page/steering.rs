//! What is steered, and by whom.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::request::Parts;
use http_body::Frame;
use palisade::test_util::drop_at_every_poll;
use palisade::{BulkheadLayer, CircuitBreakerLayer, Degradation, Name, Phase, Rate, RateLimitLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::*;
use crate::patience::ms;

/// Bodies that say nothing that can be done.
const MALFORMED: [&str; 14] = [
    "",
    "{",
    "null",
    "[]",
    "7",
    "{}",
    r#"{"kind":"circuit breaker"}"#,
    r#"{"kind":"circuit breaker","name":"payments"}"#,
    r#"{"kind":"toaster","name":"payments","action":"force_open"}"#,
    r#"{"kind":"circuit breaker","name":7,"action":"force_open"}"#,
    r#"{"kind":"circuit breaker","name":"payments","key":7,"action":"force_open"}"#,
    r#"{"kind":"circuit breaker","name":"payments","action":"explode"}"#,
    r#"{"kind":"bulkhead","name":"payments","action":"resize","limit":-1}"#,
    r#"{"kind":"rate limit","name":"payments","action":"set_rate","calls":1,"seconds":1e300}"#,
];

#[tokio::test]
async fn what_is_malformed_says_so() {
    let page = open(&Registry::new());
    for body in MALFORMED {
        let said = ask(&page, post().body(Full::<Bytes>::from(body)).unwrap()).await;
        assert_eq!(said.status, 400, "{body}");
    }
    let deep = "[".repeat(4_000);
    assert_eq!(ask(&page, post().body(Full::<Bytes>::from(deep)).unwrap()).await.status, 400);
    let no_text = Bytes::from_static(b"\xff\xfe{}");
    assert_eq!(ask(&page, post().body(Full::new(no_text)).unwrap()).await.status, 400);
}

async fn steer(page: &Page, body: impl Into<Bytes>) -> Said {
    ask(page, post().body(Full::<Bytes>::new(body.into())).unwrap()).await
}

#[tokio::test]
async fn a_circuit_is_forced_open_and_reset() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("payments").registry(&registry).build().unwrap();
    let handle = layer.handle();
    let page = open(&registry);
    let said = steer(&page, FORCE_OPEN).await;
    assert_eq!((said.status, said.text.as_str(), handle.phase()), (200, r#"{"steered":1}"#, Phase::ForcedOpen));
    assert_eq!(instances(&frame(&page).await).next().unwrap()["snapshot"]["phase"], "forced_open");
    for (action, phase) in
        [("force_closed", Phase::ForcedClosed), ("metrics_only", Phase::MetricsOnly), ("reset", Phase::Closed)]
    {
        let said = steer(&page, FORCE_OPEN.replace("force_open", action)).await;
        assert_eq!((said.status, handle.phase()), (200, phase), "{action}");
    }
    for (action, status) in [("drain", 400), ("promote", 400)] {
        let said = steer(&page, FORCE_OPEN.replace("force_open", action)).await;
        assert_eq!((said.status, handle.phase()), (status, Phase::Closed), "{}", said.text);
    }
    assert_eq!(steer(&page, FORCE_OPEN.replace("payments", "others")).await.status, 404);
}

#[tokio::test]
async fn a_mode_of_degradation_is_set_by_its_name() {
    let registry = Registry::new();
    let degradation = Degradation::builder("shop").mode("degraded").registry(&registry).build().unwrap();
    let page = open(&registry);
    for (body, status, mode) in [
        (r#"{"kind":"degradation","name":"shop","action":"set","mode":"degraded"}"#, 200, "degraded"),
        (r#"{"kind":"degradation","name":"shop","action":"set","mode":"worse"}"#, 400, "degraded"),
        (r#"{"kind":"degradation","name":"shop","action":"set","mode":1}"#, 400, "degraded"),
        (r#"{"kind":"degradation","name":"shop","action":"set"}"#, 400, "degraded"),
        (r#"{"kind":"degradation","name":"shop","action":"auto"}"#, 200, "normal"),
    ] {
        assert_eq!((steer(&page, body).await.status, degradation.mode()), (status, mode), "{body}");
    }
}

#[tokio::test]
async fn limits_take_the_values_that_are_sent() {
    let registry = Registry::new();
    let name = Name::new("payments").unwrap();
    let bulkhead = BulkheadLayer::builder(8).name(name).registry(&registry).build().unwrap();
    let limit = RateLimitLayer::builder("payments", Rate::per_second(1)).registry(&registry).build().unwrap();
    let page = open(&registry);
    let rows = [
        (r#"{"kind":"bulkhead","name":"payments","action":"resize","limit":3}"#, 200),
        (r#"{"kind":"rate limit","name":"payments","action":"set_rate","calls":30,"seconds":0.5}"#, 200),
        (r#"{"kind":"rate limit","name":"payments","action":"set_burst","calls":7}"#, 200),
        (r#"{"kind":"rate limit","name":"payments","action":"set_burst","calls":0}"#, 400),
        (r#"{"kind":"rate limit","name":"payments","action":"set_rate","calls":30,"seconds":0}"#, 400),
    ];
    for (body, status) in rows {
        let said = steer(&page, body).await;
        assert_eq!(said.status, status, "{body}: {}", said.text);
    }
    let snapshot = limit.handle().snapshot();
    assert_eq!((bulkhead.handle().limit(), snapshot.rate, snapshot.burst), (3, Rate::per(ms(500), 30), 7));
}

#[cfg(feature = "moka")]
#[tokio::test]
async fn a_cache_is_cleared() {
    let registry = Registry::new();
    let layer = palisade::CacheLayer::builder("catalog", |key: &u32| *key).registry(&registry).build().unwrap();
    let cache = layer.handle();
    let service = layer.layer(service_fn(async |_: u32| Ok::<_, io::Error>(())));
    service.clone().oneshot(7).await.unwrap();
    let said = steer(&open(&registry), r#"{"kind":"cache","name":"catalog","action":"clear"}"#).await;
    assert_eq!((said.status, said.text.as_str()), (200, r#"{"steered":1}"#));
    service.oneshot(7).await.unwrap();
    assert_eq!((cache.snapshot().hits, cache.snapshot().misses), (0, 2));
}

#[tokio::test]
async fn who_steers_is_told_and_shown() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("payments").registry(&registry).build().unwrap();
    let user = |parts: &Parts| parts.headers["x-user"].to_str().unwrap().repeat(100);
    let page = open(&registry).who(user);
    let request = post().header("x-user", "<b>ann</b>").body(Full::<Bytes>::from(FORCE_OPEN)).unwrap();
    assert_eq!(ask(&page, request).await.status, 200);
    let frame = frame(&page).await;
    let happenings = frame["happenings"].as_array().unwrap();
    let told: Vec<_> = happenings.iter().map(|happening| happening["what"].as_str().unwrap()).collect();
    assert!(told.iter().any(|what| what.starts_with("force open by <b>ann</b><b>ann</b>")), "{told:?}");
    assert!(told.iter().any(|what| what.contains("forced open (by hand)")), "{told:?}");
    assert!(told.iter().all(|what| what.chars().count() <= 201), "{told:?}");
    drop(layer);
}

#[tokio::test]
async fn a_refusal_names_no_key() {
    let registry = Registry::new();
    let circuit = CircuitBreakerLayer::builder("tenants").registry(&registry);
    let circuit = circuit.per_key(|key: &&'static str| *key).show_keys().build().unwrap();
    let mut service = circuit.layer(service_fn(async |_: &'static str| Ok::<_, io::Error>(())));
    service.call("acme-token").await.unwrap();
    for name in ["tenants", "others"] {
        let body = format!(r#"{{"kind":"circuit breaker","name":"{name}","key":"x","action":"reset"}}"#);
        let said = steer(&open(&registry), body).await;
        assert_eq!(said.status, 404);
        assert!(!said.text.contains("acme-token"), "{}", said.text);
    }
    let body = r#"{"kind":"circuit breaker","name":"tenants","key":"acme-token","action":"force_open"}"#;
    assert_eq!(steer(&open(&registry), body).await.text, r#"{"steered":1}"#);
}

/// A body in pieces. Each of them comes at a poll of its own.
struct Pieces(std::vec::IntoIter<u8>, bool);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.0.next().map(|byte| Ok(Frame::data(vec![byte].into()))))
    }
}

#[tokio::test]
async fn a_request_that_is_dropped_before_its_end_steers_nothing() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("payments").registry(&registry).build().unwrap();
    let handle = layer.handle();
    let page = open(&registry);
    let steer = || {
        let body = Pieces(FORCE_OPEN.as_bytes().to_vec().into_iter(), false);
        page.clone().oneshot(post().body(body).unwrap())
    };
    let mut most = 0;
    let steered = drop_at_every_poll(steer, async |polls| {
        assert_ne!(handle.phase(), Phase::ForcedOpen, "after {polls} polls");
        most = polls;
    });
    steered.await.unwrap();
    assert_eq!(handle.phase(), Phase::ForcedOpen);
    assert!(most >= FORCE_OPEN.len());
}
