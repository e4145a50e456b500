//! Which requests look for what is kept, and which throw it away.

use palisade::http::HttpKey;

use super::*;

const PAGE: Headers = &[("cache-control", "max-age=30")];

#[tokio::test(start_paused = true)]
async fn a_resource_is_its_method_its_uri_and_its_host() {
    let service = cached(builder(), &Origin::says(PAGE));
    let rows: &[(&str, &str, Headers, &str)] = &[
        ("GET", "/a", &[], "1"),
        ("GET", "/a?b=c", &[], "2"),
        ("GET", "/a", &[("host", "one")], "3"),
        ("GET", "/a", &[("host", "two")], "4"),
        ("HEAD", "/a", &[], ""),
        ("GET", "/a", &[], "1"),
        ("GET", "/a?b=c", &[], "2"),
        ("GET", "/a", &[("host", "one")], "3"),
        ("GET", "/a", &[("host", "two")], "4"),
        ("GET", "http://two/a", &[], "4"),
        ("GET", "https://two/a", &[], "6"),
        ("GET", "http://two:81/a", &[], "7"),
        ("GET", "http://two/a", &[("host", "one")], "8"),
    ];
    for (method, uri, headers, call) in rows {
        assert_eq!(ask(&service, request(method, uri, headers)).await.0, *call, "{method} {uri} {headers:?}");
    }
}

/// A path and a host, as HTTP/1 has them, are the URI that HTTP/2 has.
#[tokio::test(start_paused = true)]
async fn a_resource_has_one_key_in_all_its_forms() {
    let forms: [(&str, Headers); 8] = [
        ("/a", &[("host", "one")]),
        ("/a", &[("host", "ONE")]),
        ("/a", &[("host", "one:80")]),
        ("/a", &[("host", "one:")]),
        ("http://one/a", &[]),
        ("http://One:80/a", &[]),
        ("HTTP://one/a", &[]),
        ("http://one/a", &[("host", "ONE:80")]),
    ];
    let origin = Origin::says(PAGE);
    let service = cached(builder(), &origin);
    for (uri, headers) in forms {
        assert_eq!(ask(&service, request("GET", uri, headers)).await.0, "1", "{uri} {headers:?}");
    }
    for (uri, headers) in forms.into_iter().chain([("https://one/a", &[][..]), ("https://one:443/a", &[])]) {
        let before = origin.calls();
        ask(&service, request("PUT", uri, headers)).await;
        ask(&service, request("GET", "/a", &[("host", "one")])).await;
        assert_eq!(origin.calls(), before + 2, "{uri} {headers:?} throws it away");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_with_two_hosts_passes_by() {
    let service = cached(builder(), &Origin::says(PAGE));
    let hosts: Headers = &[("host", "one"), ("host", "two")];
    assert_eq!([get(&service, hosts).await, get(&service, hosts).await], ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_head_is_kept_by_itself() {
    let origin = Origin::says(PAGE);
    let service = cached(builder(), &origin);
    for _ in 0..2 {
        ask(&service, request("HEAD", "/", &[])).await;
    }
    assert_eq!(origin.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn requests_for_something_else_pass_by() {
    let rows: &[(&str, Headers)] = &[
        ("OPTIONS", &[]),
        ("GET", &[("range", "bytes=0-1")]),
        ("GET", &[("range", "bytes=0-1"), ("if-range", "\"a\"")]),
        ("GET", &[("if-none-match", "\"a\"")]),
        ("GET", &[("if-modified-since", "Tue, 15 Nov 1994 08:12:31 GMT")]),
        ("GET", &[("upgrade", "websocket")]),
    ];
    for (method, headers) in rows {
        let service = cached(builder(), &Origin::says(PAGE));
        get(&service, &[]).await;
        assert_eq!(ask(&service, request(method, "/", headers)).await.0, "2", "{method} {headers:?}");
        assert_eq!(get(&service, &[]).await, "1", "and what is kept stays");
    }
}

/// A part, or that nothing has changed, is no response for those who ask for all.
#[tokio::test(start_paused = true)]
async fn what_the_service_says_to_a_condition_is_not_kept() {
    for (status, headers) in [(304, &[("if-none-match", "\"a\"")]), (206, &[("range", "bytes=0-1")])] {
        let origin = Origin::responds(status, PAGE);
        let service = cached(builder(), &origin);
        let response = service.clone().oneshot(request("GET", "/", headers)).await.unwrap();
        assert_eq!(response.status(), status);
        origin.will(200, PAGE);
        assert_eq!(get(&service, &[]).await, "2", "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_get_with_a_body_passes_by() {
    let service = cached(builder(), &Origin::says(PAGE));
    get(&service, &[]).await;
    let with_body = || Request::get("/").body(Body::from("query")).unwrap();
    assert_eq!(ask(&service, with_body()).await.0, "2");
    assert_eq!(ask(&service, with_body()).await.0, "3");
}

#[tokio::test(start_paused = true)]
async fn what_may_change_a_resource_throws_it_away() {
    for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
        for (status, call) in [(200, "3"), (204, "3"), (303, "3"), (404, "1"), (500, "1")] {
            let origin = Origin::says(PAGE);
            let service = cached(builder(), &origin);
            get(&service, &[]).await;
            origin.will(status, &[]);
            ask(&service, request(method, "/", &[])).await;
            origin.will(200, PAGE);
            assert_eq!(get(&service, &[]).await, call, "{method} with {status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_resource_stays() {
    let service = cached(builder(), &Origin::says(PAGE));
    get(&service, &[]).await;
    ask(&service, request("PUT", "/other", &[])).await;
    assert_eq!(get(&service, &[]).await, "1");
}

#[tokio::test(start_paused = true)]
async fn a_resource_is_thrown_away_by_hand() {
    let origin = Origin::says(&[("cache-control", "max-age=30"), ("vary", "accept")]);
    let layer = builder().build().unwrap();
    let handle = layer.handle();
    let inner = service_fn(move |request: Request<Body>| {
        let response = origin.respond(&request);
        async move { Ok::<_, Error>(response) }
    });
    let service = BoxCloneSyncService::new(layer.layer(inner));
    get(&service, &[]).await;
    assert_eq!(get(&service, &[]).await, "1");
    handle.invalidate(&HttpKey::new(Method::GET, "/".parse().unwrap()));
    assert_eq!(get(&service, &[]).await, "2");
}

/// No caller's deadline goes along a call that others may share.
#[tokio::test(start_paused = true)]
async fn the_callers_deadline_is_not_sent() {
    let inner = service_fn(|request: Request<Body>| {
        let sent =
            request.headers().contains_key("grpc-timeout") || request.headers().contains_key("x-request-timeout-ms");
        async move { Ok::<_, Error>(Response::new(Body::from(sent.to_string()))) }
    });
    let service = BoxCloneSyncService::new(builder().ttl(SECOND).build().unwrap().layer(inner));
    let headers: Headers = &[("grpc-timeout", "1S"), ("x-request-timeout-ms", "1000")];
    assert_eq!(get(&service, headers).await, "false");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_shares_sends_its_deadline() {
    let inner = service_fn(|request: Request<Body>| {
        let sent = request.headers().contains_key("x-request-timeout-ms");
        let response = Response::builder().header("cache-control", "private");
        async move { Ok::<_, Error>(response.body(Body::from(sent.to_string())).unwrap()) }
    });
    let service = BoxCloneSyncService::new(builder().build().unwrap().layer(inner));
    let headers: Headers = &[("x-request-timeout-ms", "1000")];
    assert_eq!(get(&service, headers).await, "false", "others may share it");
    assert_eq!(get(&service, headers).await, "true", "and now it is known that nobody does");
}
