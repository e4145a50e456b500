//! Whose a response is.

use std::future::ready;

use palisade::FallbackLayer;
use palisade::fallback::{Degraded, function};
use tower::ServiceBuilder;

use super::*;

const EXPIRES_LATE: (&str, &str) = ("expires", "Fri, 31 Dec 9999 23:59:59 GMT");

#[tokio::test(start_paused = true)]
async fn what_is_for_one_user_is_given_to_no_other() {
    let authorized: Headers = &[("authorization", "Basic YTpi")];
    let rows: &[(&str, Headers, Headers, bool)] = &[
        ("private", &[("cache-control", "private, max-age=30")], &[], false),
        ("in capitals", &[("cache-control", "Private, max-age=30")], &[], false),
        ("private for a header", &[("cache-control", "private=\"x-a\", max-age=30")], &[], false),
        ("no-store", &[("cache-control", "no-store, max-age=30")], &[], false),
        ("beside what is not ASCII", &[("cache-control", "private, max-age=30, by=\"\u{fc}\"")], &[], false),
        ("the same with Expires", &[("cache-control", "private, by=\"\u{fc}\""), EXPIRES_LATE], &[], false),
        ("a cookie is set", &[("cache-control", "max-age=30"), ("set-cookie", "a=b")], &[], false),
        ("also a public one", &[("cache-control", "public, max-age=30"), ("set-cookie", "a=b")], &[], false),
        ("authorized", &[("cache-control", "max-age=30")], authorized, false),
        ("authorized, public", &[("cache-control", "public, max-age=30")], authorized, true),
        ("authorized, must-revalidate", &[("cache-control", "must-revalidate, max-age=30")], authorized, true),
        ("authorized, s-maxage", &[("cache-control", "s-maxage=30")], authorized, true),
        ("for all", &[("cache-control", "max-age=30")], &[], true),
    ];
    for (label, says, asks, is_kept) in rows {
        let service = cached(builder(), &Origin::says(says));
        get(&service, asks).await;
        let again = get(&service, &[]).await;
        assert_eq!(again, if *is_kept { "1" } else { "2" }, "{label}");
    }
}

/// Many wait for the response of one, which turns out to be that one's alone.
#[tokio::test(start_paused = true)]
async fn a_response_for_one_user_is_not_shared_by_who_waits_for_it() {
    let calls = Arc::new(AtomicUsize::new(0));
    let inner = service_fn({
        let calls = Arc::clone(&calls);
        move |_: Request<Body>| {
            let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
            async move {
                tokio::time::sleep(SECOND).await;
                let response = Response::builder().header("cache-control", "private");
                Ok::<_, Error>(response.body(Body::from(call.to_string())).unwrap())
            }
        }
    });
    let service = builder().build().unwrap().layer(inner);
    let began = crate::support::now();
    let waiting = (0..50).map(|_| {
        let call = service.clone().oneshot(request("GET", "/", &[]));
        async { call.await.unwrap().into_body().collect().await.unwrap().to_bytes() }
    });
    let mut bodies = futures_util::future::join_all(waiting).await;
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), calls.load(Ordering::SeqCst)), (50, 50), "each has one of its own");
    assert_eq!(crate::support::now() - began, 2 * SECOND, "all others are asked for together");
    service.oneshot(request("GET", "/", &[])).await.unwrap();
    assert_eq!(crate::support::now() - began, 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_by_who_waits_for_it() {
    let calls = Arc::new(AtomicUsize::new(0));
    let inner = service_fn({
        let calls = Arc::clone(&calls);
        move |_: Request<Body>| {
            calls.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::time::sleep(SECOND).await;
                Ok::<_, Error>(Response::builder().status(503).body(Body::from("busy")).unwrap())
            }
        }
    });
    let service = builder().build().unwrap().layer(inner);
    let waiting = (0..50).map(|_| service.clone().oneshot(request("GET", "/", &[])));
    let responses = futures_util::future::join_all(waiting).await;
    assert!(responses.into_iter().all(|response| response.unwrap().status() == StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// What turns an unknown user away is no response that a cache may keep, so the service need not say by what it varies.
#[tokio::test(start_paused = true)]
async fn who_is_known_is_not_turned_away_with_one_who_is_not() {
    for (status, known_by) in [(401, "authorization"), (403, "authorization"), (302, "cookie"), (404, "cookie")] {
        let inner = service_fn(move |request: Request<Body>| async move {
            tokio::time::sleep(SECOND).await;
            let status = if request.headers().contains_key(known_by) { 200 } else { status };
            Ok::<_, Error>(Response::builder().status(status).body(Body::default()).unwrap())
        });
        let service = builder().build().unwrap().layer(inner);
        let mut known = request("GET", "/", &[]);
        known.headers_mut().insert(known_by, "me".parse().unwrap());
        let (unknown, known) =
            tokio::join!(service.clone().oneshot(request("GET", "/", &[])), service.clone().oneshot(known));
        let statuses = [unknown, known].map(|response| response.unwrap().status().as_u16());
        assert_eq!(statuses, [status, 200], "{known_by}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_fallback_is_neither_kept_nor_shared() {
    let answer = |text: &'static str| {
        Ok::<_, Error>(Response::builder().header("cache-control", "max-age=600").body(Body::from(text)).unwrap())
    };
    let fallback = FallbackLayer::http(function(move |_: Result<&Response<Body>, &Error>| answer("degraded")));
    let handle = fallback.handle();
    let layer = ServiceBuilder::new().layer(builder().build().unwrap()).layer(fallback);
    let service = layer.service_fn(move |_: Request<Body>| ready(answer("good")));
    let step = async || {
        let response = service.clone().oneshot(request("GET", "/", &[])).await.unwrap();
        response.extensions().get::<Degraded>().map(|degraded| degraded.step)
    };
    handle.always();
    assert_eq!([step().await, step().await], [Some(1); 2], "each is told that it is degraded");
    handle.auto();
    assert_eq!([step().await, step().await], [None; 2]);
    handle.always();
    assert_eq!(step().await, None, "it is kept");
}
