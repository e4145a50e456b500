//! How long a response is fresh: the rules of RFC 9111, and the cases that `http-cache-semantics` names.

use http::HeaderName;

use super::*;

/// For how many seconds a response with these headers is given again.
async fn fresh_for(status: u16, headers: Headers) -> u64 {
    let origin = Origin::responds(status, headers);
    let service = cached(builder(), &origin);
    let mut seconds = 0;
    get(&service, &[]).await;
    while get(&service, &[]).await == "1" {
        // In steps that double, and then one by one.
        let step = [SECOND * 1, SECOND * 3_600].into_iter().rfind(|step| step.as_secs() <= seconds.max(1)).unwrap();
        seconds += step.as_secs();
        advance(step).await;
        if seconds > 40_000_000 {
            return u64::MAX;
        }
    }
    seconds
}

#[tokio::test(start_paused = true)]
async fn a_response_is_fresh_for_as_long_as_it_says() {
    const DATE: &str = "Tue, 15 Nov 1994 08:12:31 GMT";
    let rows: &[(&str, Headers, u64)] = &[
        ("max-age", &[("cache-control", "max-age=30")], 30),
        ("less its age", &[("cache-control", "max-age=30"), ("age", "10")], 20),
        ("s-maxage goes before max-age", &[("cache-control", "max-age=5, s-maxage=30")], 30),
        ("also if it is less", &[("cache-control", "s-maxage=5, max-age=30")], 5),
        ("Expires, by its Date", &[("expires", "Tue, 15 Nov 1994 08:13:01 GMT"), ("date", DATE)], 30),
        (
            "max-age goes before Expires",
            &[("cache-control", "max-age=5"), ("expires", "Tue, 15 Nov 1994 08:13:01 GMT"), ("date", DATE)],
            5,
        ),
        ("Expires of 0 is in the past", &[("expires", "0"), ("date", DATE)], 0),
        (
            "a tenth of the age, by Last-Modified",
            &[("last-modified", "Tue, 15 Nov 1994 08:07:31 GMT"), ("date", DATE)],
            30,
        ),
        ("no-cache", &[("cache-control", "no-cache, max-age=30")], 0),
        ("no-cache in capitals", &[("cache-control", "No-Cache, max-age=30")], 0),
        ("max-age in capitals", &[("cache-control", "Max-Age=30")], 30),
        (
            "Pragma, where there is no Cache-Control",
            &[("pragma", "no-cache"), ("expires", "Tue, 15 Nov 1994 08:13:01 GMT"), ("date", DATE)],
            0,
        ),
        ("of two that differ, the less", &[("cache-control", "max-age=30"), ("cache-control", "max-age=20")], 20),
        ("in any order", &[("cache-control", "max-age=20, public"), ("cache-control", "max-age=30")], 20),
        ("also of s-maxage", &[("cache-control", "s-maxage=20, max-age=5"), ("cache-control", "s-maxage=10")], 10),
        (
            "proxy-revalidate changes that for stale ones alone",
            &[("cache-control", "max-age=30, proxy-revalidate")],
            30,
        ),
        ("private in the second", &[("cache-control", "max-age=30"), ("cache-control", "private")], 0),
        ("no-cache in the second", &[("cache-control", "max-age=30"), ("cache-control", "no-cache")], 0),
        ("nothing", &[], 0),
        ("public alone says nothing of a time", &[("cache-control", "public")], 0),
        ("a word of others", &[("cache-control", "private, community=\"UCI\"")], 0),
        ("immutable is a day", &[("cache-control", "immutable")], 86_400),
        ("but for max-age", &[("cache-control", "immutable, max-age=30")], 30),
    ];
    for (label, headers, seconds) in rows {
        let fresh = fresh_for(200, headers).await;
        let steps = if *seconds > 3_600 { 3_600 } else { 1 };
        assert!((*seconds..*seconds + steps).contains(&fresh), "{label}: {fresh} seconds");
    }
}

#[tokio::test(start_paused = true)]
async fn only_some_statuses_are_kept() {
    for (status, is_kept) in [
        (200, true),
        (203, true),
        (204, true),
        (301, true),
        (308, true),
        (206, false),
        (302, false),
        (404, false),
        (410, false),
        (500, false),
        (503, false),
    ] {
        let seconds = fresh_for(status, &[("cache-control", "max-age=30")]).await;
        assert_eq!(seconds, if is_kept { 30 } else { 0 }, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_kept_on_demand() {
    for (status, headers, seconds) in [
        (404, &[][..], 5),
        (410, &[], 5),
        (404, &[("cache-control", "max-age=2")], 2),
        (404, &[("cache-control", "no-store")], 0),
        (403, &[], 0),
    ] {
        let origin = Origin::responds(status, headers);
        let service = cached(builder().negative(5 * SECOND), &origin);
        get(&service, &[]).await;
        let is_given = get(&service, &[]).await == "1";
        assert_eq!(is_given, seconds > 0, "{status}");
        advance(seconds * SECOND).await;
        assert_ne!(get(&service, &[]).await, "1", "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_may_be_set_for_responses_that_say_nothing() {
    let service = cached(builder().ttl(5 * SECOND), &Origin::says(&[]));
    assert_eq!([get(&service, &[]).await, get(&service, &[]).await], ["1", "1"]);
    advance(5 * SECOND).await;
    assert_eq!(get(&service, &[]).await, "2");
    for headers in [
        &[("cache-control", "no-cache")][..],
        &[("pragma", "no-cache")],
        &[("cache-control", "private")],
        &[("set-cookie", "a=b")],
    ] {
        let service = cached(builder().ttl(5 * SECOND), &Origin::says(headers));
        assert_eq!([get(&service, &[]).await, get(&service, &[]).await], ["1", "2"], "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_was_kept_says_how_old_it_is() {
    let service = cached(builder(), &Origin::says(&[("cache-control", "max-age=30"), ("age", "10")]));
    let page = || request("GET", "/", &[]);
    assert_eq!(ask(&service, page()).await, ("1".into(), Some("10".into())), "it comes as it is");
    assert_eq!(ask(&service, page()).await, ("1".into(), Some("10".into())));
    advance(7 * SECOND).await;
    assert_eq!(ask(&service, page()).await, ("1".into(), Some("17".into())));
    let service = cached(builder(), &Origin::says(&[("cache-control", "max-age=30")]));
    assert_eq!(ask(&service, page()).await.1, None);
    assert_eq!(ask(&service, page()).await.1, Some("0".into()));
}

/// A body that comes slowly makes a response no newer.
#[tokio::test(start_paused = true)]
async fn a_response_ages_while_its_body_is_read() {
    let inner = service_fn(|_: Request<Body>| async {
        let (mut sender, body) = http_body_util::channel::Channel::<Bytes, Error>::new(1);
        tokio::spawn(async move {
            tokio::time::sleep(20 * SECOND).await;
            sender.send_data("late".into()).await.unwrap();
        });
        Ok::<_, Error>(Response::builder().header("cache-control", "max-age=30").body(body).unwrap())
    });
    let service = builder().build().unwrap().layer(inner);
    let ask = || service.clone().oneshot(request("GET", "/", &[]));
    ask().await.unwrap();
    advance(9 * SECOND).await;
    assert_eq!(ask().await.unwrap().headers()[AGE], "29");
    advance(SECOND).await;
    assert_eq!(ask().await.unwrap().headers().get(AGE), None, "it is asked for anew");
}

#[tokio::test(start_paused = true)]
async fn a_request_says_how_new_it_wants_the_response() {
    let rows: &[(Headers, u32, &str)] = &[
        (&[("cache-control", "no-cache")], 0, "2"),
        (&[("pragma", "no-cache")], 0, "2"),
        (&[("pragma", "no-cache"), ("cache-control", "max-age=5")], 5, "1"),
        (&[("cache-control", "max-age=5")], 5, "1"),
        (&[("cache-control", "max-age=5")], 6, "2"),
        (&[("cache-control", "max-age=0")], 1, "2"),
        (&[("cache-control", "min-fresh=20")], 10, "1"),
        (&[("cache-control", "min-fresh=20")], 11, "2"),
        (&[("cache-control", "no-store")], 0, "2"),
    ];
    for (headers, age, call) in rows {
        let service = cached(builder(), &Origin::says(&[("cache-control", "max-age=30")]));
        get(&service, &[]).await;
        advance(*age * SECOND).await;
        assert_eq!(get(&service, headers).await, *call, "{headers:?} after {age} s");
    }
}

/// What a request with `no-cache` brings is for those who come after.
#[tokio::test(start_paused = true)]
async fn a_response_that_was_asked_for_anew_is_kept() {
    let service = cached(builder(), &Origin::says(&[("cache-control", "max-age=30")]));
    assert_eq!(get(&service, &[]).await, "1");
    assert_eq!(get(&service, &[("cache-control", "no-cache")]).await, "2");
    assert_eq!(get(&service, &[]).await, "2");
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_a_connection_is_not_kept() {
    let headers: Headers = &[
        ("cache-control", "max-age=30"),
        ("connection", "x-own, keep-alive"),
        ("x-own", "1"),
        ("keep-alive", "timeout=5"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("x-other", "a"),
        ("x-other", "b"),
        ("date", "Tue, 15 Nov 1994 08:12:31 GMT"),
    ];
    let service = cached(builder(), &Origin::says(headers));
    get(&service, &[]).await;
    let response = service.clone().oneshot(request("GET", "/", &[])).await.unwrap();
    let names: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["cache-control", "x-other", "date", "age"]);
    assert_eq!(response.headers().get_all("x-other").iter().count(), 2);
}

/// Who gets it later knows from when it is (RFC 9110, 6.6.1).
#[tokio::test(start_paused = true)]
async fn a_kept_response_without_a_date_gets_one() {
    let service = cached(builder(), &Origin::says(&[("cache-control", "max-age=30")]));
    for _ in 0..2 {
        let response = service.clone().oneshot(request("GET", "/", &[])).await.unwrap();
        assert!(httpdate::parse_http_date(response.headers()["date"].to_str().unwrap()).is_ok());
    }
}

/// The clocks of two machines are not compared (RFC 9111, 4.2.3): `Age` and the time since the request are enough.
#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_wrong_changes_no_age() {
    for date in ["Tue, 15 Nov 1994 08:12:31 GMT", "Fri, 31 Dec 2100 23:59:59 GMT", "yesterday"] {
        let headers: Headers = Box::leak(Box::new([("cache-control", "max-age=30"), ("date", date), ("age", "10")]));
        let service = slowed(builder(), &Origin::says(headers));
        get(&service, &[]).await;
        advance(18 * SECOND).await;
        assert_eq!(ask(&service, request("GET", "/", &[])).await, ("1".into(), Some("29".into())), "{date}");
        advance(SECOND).await;
        assert_eq!(get(&service, &[]).await, "2", "{date}");
    }
}
