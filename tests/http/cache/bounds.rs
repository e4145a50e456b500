//! Headers that are out of all bounds.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_time_that_is_too_large_never_ends() {
    for says in ["max-age=18446744073709551615", "max-age=99999999999999999999999", "s-maxage=99999999999999999999999"]
    {
        let headers: Headers = Box::leak(Box::new([("cache-control", says)]));
        let service = cached(builder(), &Origin::says(headers));
        get(&service, &[]).await;
        advance(1_000_000_000 * SECOND).await;
        assert_eq!(ask(&service, request("GET", "/", &[])).await, ("1".into(), Some("1000000000".into())), "{says}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_time_is_none() {
    for says in ["max-age=-1", "max-age=+1", "max-age=x", "max-age=", "max-age", "s-maxage=x, max-age=9"] {
        let headers: Headers = Box::leak(Box::new([("cache-control", says)]));
        let service = cached(builder(), &Origin::says(headers));
        assert_eq!([get(&service, &[]).await, get(&service, &[]).await], ["1", "2"], "{says}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_age_from_the_future_makes_a_response_stale() {
    for age in ["31", "18446744073709551615", "99999999999999999999999999"] {
        let headers: Headers = Box::leak(Box::new([("cache-control", "max-age=30"), ("age", age)]));
        let service = cached(builder(), &Origin::says(headers));
        assert_eq!([get(&service, &[]).await, get(&service, &[]).await], ["1", "2"], "{age}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_age_that_is_none_is_not_heeded() {
    for age in ["-5", "x", ""] {
        let headers: Headers = Box::leak(Box::new([("cache-control", "max-age=30"), ("age", age)]));
        let service = cached(builder(), &Origin::says(headers));
        assert_eq!([get(&service, &[]).await, get(&service, &[]).await], ["1", "1"], "{age}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_response_may_have_any_age() {
    for age in ["+18446744073709551615", "18446744073709551615", "2147483648"] {
        let inner = service_fn(move |_: Request<Body>| async move {
            tokio::time::sleep(2 * SECOND).await;
            let response = Response::builder().header("cache-control", "max-age=18446744073709551615");
            Ok::<_, Error>(response.header("age", age).body(Body::default()).unwrap())
        });
        let service = builder().build().unwrap().layer(inner);
        let response = service.oneshot(request("GET", "/", &[])).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{age}");
    }
}

/// Also what only says that a resource varies, or that each request needs a response of its own.
#[tokio::test(start_paused = true)]
async fn however_many_uris_and_variants_there_are_the_room_is_bounded() {
    let rows: [Headers; 3] = [
        &[("cache-control", "max-age=30"), ("vary", "accept-language")],
        &[("cache-control", "max-age=30")],
        &[("cache-control", "private")],
    ];
    for says in rows {
        let origin = Origin::says(says);
        let layer = builder().capacity(100_000).build().unwrap();
        let handle = layer.handle();
        let inner = service_fn(move |request: Request<Body>| {
            let response = origin.respond(&request);
            async move { Ok::<_, Error>(response) }
        });
        let service = BoxCloneSyncService::new(layer.layer(inner));
        for number in 0..2_000 {
            let path = if says.len() == 1 { format!("/{number}") } else { "/".to_owned() };
            let language = format!("x-{number}");
            let request = Request::get(path).header("accept-language", language).body(Body::default()).unwrap();
            ask(&service, request).await;
        }
        let snapshot = handle.snapshot();
        assert!(snapshot.weight <= 100_000 && snapshot.entries < 1_000, "{says:?}: {snapshot:?}");
        assert!(snapshot.evicted > 1_000, "{says:?}: {snapshot:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_may_ask_for_any_time() {
    let service = cached(builder(), &Origin::says(&[("cache-control", "max-age=30"), ("age", "7")]));
    get(&service, &[]).await;
    for (asks, call) in
        [("max-age=18446744073709551615", "1"), ("max-age=x", "1"), ("min-fresh=18446744073709551615", "2")]
    {
        let headers: Headers = Box::leak(Box::new([("cache-control", asks)]));
        assert_eq!(get(&service, headers).await, call, "{asks}");
    }
}

/// Dates that no calendar has, and those at its ends.
#[tokio::test(start_paused = true)]
async fn odd_dates_harm_nobody() {
    for date in
        ["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 31 Feb 1999 25:61:61 GMT", "0", "-1"]
    {
        for name in ["date", "expires", "last-modified"] {
            let headers: Headers = Box::leak(Box::new([(name, date)]));
            let service = cached(builder(), &Origin::says(headers));
            get(&service, &[]).await;
            get(&service, &[]).await;
        }
    }
}
