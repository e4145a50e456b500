//! What is steered, and by whom.

use super::*;

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
