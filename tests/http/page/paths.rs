//! What is where.

use super::*;

#[tokio::test]
async fn every_prefix_has_the_page() {
    let page = open(&Registry::new());
    for prefix in ["", "/ops", "/a/b/c", "/%C3%A4", "//", "/events"] {
        let document = get(&page, &format!("{prefix}/")).await;
        assert_eq!(
            (document.status, document.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{prefix}"
        );
        assert_eq!(get(&page, &format!("{prefix}/instances")).await.text, "[]", "{prefix}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let page = open(&Registry::new());
    for path in
        ["/x", "/..", "/ops/..", "/%2e%2e", "/Events", "/events%00", "/page.js", "/instances.json", "/favicon.ico"]
    {
        let said = get(&page, path).await;
        assert_eq!(said.status, 404, "{path}");
        assert!(said.text.contains("`instances`"), "{path}: {}", said.text);
    }
}

#[tokio::test]
async fn a_query_changes_nothing() {
    let page = open(&Registry::new());
    for (path, with_query) in [("/", "/?a=/instances"), ("/instances", "/instances?/x"), ("/x", "/x?/instances")] {
        let (said, other) = (get(&page, path).await, get(&page, with_query).await);
        assert_eq!((said.status, said.text), (other.status, other.text), "{with_query}");
    }
}

#[tokio::test]
async fn head_has_the_head_of_get() {
    let page = open(&Registry::new());
    for path in WHOLE.into_iter().chain(["/x"]) {
        let whole = get(&page, path).await;
        let head = ask(&page, Request::head(path).body(Full::<Bytes>::default()).unwrap()).await;
        assert_eq!((head.status, &head.headers), (whole.status, &whole.headers), "{path}");
        assert_eq!(whole.header("content-length").unwrap(), whole.text.len().to_string(), "{path}");
        assert_eq!(head.text, "", "{path}");
    }
}

#[tokio::test]
async fn other_methods_are_told_what_is_allowed() {
    let page = open(&Registry::new());
    for (path, allowed) in
        WHOLE.map(|path| (path, "GET, HEAD")).into_iter().chain([("/events", "GET, HEAD"), ("/steer", "POST")])
    {
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "BREW", if path == "/steer" { "GET" } else { "POST" }] {
            let said =
                ask(&page, Request::builder().method(method).uri(path).body(Full::<Bytes>::default()).unwrap()).await;
            assert_eq!((said.status, said.header("allow")), (405, Some(allowed)), "{method} {path}");
        }
    }
}

/// The guards that every response has.
const GUARDS: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
];

#[tokio::test]
async fn every_response_is_guarded() {
    let (closed, page) = (Registry::new().page(), open(&Registry::new()));
    let responses = [
        get(&page, "/").await,
        get(&page, "/instances").await,
        get(&page, "/x").await,
        get(&closed, "/").await,
        get(&page, "/steer").await,
        ask(&page, post().body(Full::<Bytes>::from("{")).unwrap()).await,
        ask(&page, with(post(), "content-type", None).body(Full::<Bytes>::default()).unwrap()).await,
    ];
    for said in responses {
        for (name, value) in GUARDS {
            assert_eq!(said.header(name), Some(value), "{said:?}");
        }
        let policy = said.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
            assert!(policy.split("; ").any(|own| own == part), "{part} in {policy}");
        }
        let is_refusal = said.status >= 400;
        assert!(!is_refusal || said.header("content-type") == Some("text/plain; charset=utf-8"), "{said:?}");
        assert!(!is_refusal || said.text.len() > 20, "{said:?}");
    }
}

#[tokio::test]
async fn metrics_are_served_where_a_feature_writes_them() {
    let registry = Registry::new();
    let layer = palisade::BulkheadLayer::builder(8).registry(&registry).build().unwrap();
    let said = get(&open(&registry), "/metrics").await;
    if cfg!(feature = "prometheus-client") {
        assert_eq!((said.status, said.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
        assert!(said.text.contains("palisade_bulkhead_limit{name=\"bulkhead\"} 8"), "{}", said.text);
    } else {
        assert_eq!(said.status, 404);
    }
    drop(layer);
}

#[tokio::test]
async fn a_proxy_is_asked_to_pass_events_on_at_once() {
    let said = ask(&open(&Registry::new()), Request::head("/events").body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!((said.status, said.header("content-type")), (200, Some("text/event-stream")));
    assert_eq!(said.header("x-accel-buffering"), Some("no"));
}
