//! Stale responses of HTTP.

use palisade::FallbackLayer;
use tower::ServiceBuilder;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failed_response_is_replaced_by_a_stale_one() {
    let rows: &[(&str, Headers, u16, &str)] = &[
        ("as it is set", &[("cache-control", "max-age=10")], 503, "1"),
        ("429 is a failure too", &[("cache-control", "max-age=10")], 429, "1"),
        ("404 is none", &[("cache-control", "max-age=10")], 404, "2"),
        ("as the response says", &[("cache-control", "max-age=10, stale-if-error=0")], 503, "2"),
        ("no-cache", &[("cache-control", "no-cache, max-age=10")], 503, "2"),
        ("must-revalidate", &[("cache-control", "must-revalidate, max-age=10")], 503, "2"),
        ("proxy-revalidate", &[("cache-control", "proxy-revalidate, max-age=10")], 503, "2"),
        ("s-maxage", &[("cache-control", "s-maxage=10")], 503, "2"),
        ("s-maxage beside stale-if-error", &[("cache-control", "s-maxage=10, stale-if-error=60")], 503, "2"),
        ("never fresh", &[("cache-control", "max-age=0")], 503, "1"),
        ("nothing said", &[], 503, "1"),
        ("never fresh, no-cache", &[("cache-control", "max-age=0, no-cache")], 503, "2"),
    ];
    for (label, says, status, call) in rows {
        let origin = Origin::says(says);
        let service = cached(builder().stale_if_error(60 * SECOND), &origin);
        get(&service, &[]).await;
        advance(10 * SECOND).await;
        origin.will(*status, &[]);
        assert_eq!(get(&service, &[]).await, *call, "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_itself_says_that_it_may_be_stale() {
    let origin = Origin::says(&[("cache-control", "max-age=10, stale-if-error=20")]);
    let service = cached(builder(), &origin);
    get(&service, &[]).await;
    advance(29 * SECOND).await;
    origin.will(500, &[]);
    assert_eq!(ask(&service, request("GET", "/", &[])).await, ("1".into(), Some("29".into())));
    advance(SECOND).await;
    assert_eq!(get(&service, &[]).await, "3");
}

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_refreshed_beside_the_call() {
    let origin = Origin::says(&[("cache-control", "max-age=10, stale-while-revalidate=20")]);
    let inner = {
        let origin = origin.clone();
        service_fn(move |request: Request<Body>| {
            let response = origin.respond(&request);
            async move { Ok::<_, Error>(response) }
        })
    };
    let layer = builder().stale_while_revalidate(Duration::ZERO).build().unwrap();
    let service = BoxCloneSyncService::new(layer.layer(inner));
    get(&service, &[]).await;
    advance(29 * SECOND).await;
    assert_eq!(get(&service, &[]).await, "1");
    while origin.calls() < 2 {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    assert_eq!(get(&service, &[]).await, "2");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_gives_the_page_that_is_kept() {
    let origin = Origin::says(&[("cache-control", "max-age=10")]);
    let inner = {
        let origin = origin.clone();
        service_fn(move |request: Request<Body>| {
            let response = origin.respond(&request);
            async move { Ok::<_, Error>(response) }
        })
    };
    let cache = builder().keep(60 * SECOND).build().unwrap();
    let fallback = FallbackLayer::http(palisade::fallback::cached(&cache));
    let service = BoxCloneSyncService::new(ServiceBuilder::new().layer(fallback).layer(cache).service(inner));
    get(&service, &[]).await;
    advance(30 * SECOND).await;
    origin.will(500, &[]);
    assert_eq!(ask(&service, request("GET", "/", &[])).await, ("1".into(), Some("30".into())));
}

/// The cache alone says that they may be stale.
#[tokio::test(start_paused = true)]
async fn responses_that_never_are_fresh_are_kept_for_later() {
    for says in [&[("cache-control", "max-age=0")][..], &[]] {
        let origin = Origin::says(says);
        let inner = {
            let origin = origin.clone();
            service_fn(move |request: Request<Body>| {
                let response = origin.respond(&request);
                async move { Ok::<_, Error>(response) }
            })
        };
        let layer = builder().stale_while_revalidate(20 * SECOND).build().unwrap();
        let service = BoxCloneSyncService::new(layer.layer(inner));
        assert_eq!([get(&service, &[]).await, get(&service, &[]).await], ["1", "1"], "{says:?}");
        while origin.calls() < 2 {
            tokio::task::yield_now().await;
        }

        let cache = builder().keep(60 * SECOND).build().unwrap();
        let fallback = FallbackLayer::http(palisade::fallback::cached(&cache));
        let down = origin.clone();
        let inner = service_fn(move |request: Request<Body>| {
            let response = down.respond(&request);
            async move { Ok::<_, Error>(response) }
        });
        let service = BoxCloneSyncService::new(ServiceBuilder::new().layer(fallback).layer(cache).service(inner));
        let kept = get(&service, &[]).await;
        origin.will(500, &[]);
        assert_eq!(get(&service, &[]).await, kept, "{says:?}");
    }
}

/// The head of a failure is enough to give the stale response.
#[tokio::test(start_paused = true)]
async fn a_failure_whose_body_hangs_holds_nothing_back() {
    let inner = {
        let calls = Arc::new(AtomicUsize::new(0));
        service_fn(move |_: Request<Body>| {
            let is_first = calls.fetch_add(1, Ordering::SeqCst) == 0;
            let (mut sender, body) = http_body_util::channel::Channel::<Bytes, Error>::new(1);
            let status = if is_first { 200 } else { 503 };
            let response = Response::builder().status(status).header("cache-control", "max-age=1");
            tokio::spawn(async move {
                sender.send_data("page".into()).await.unwrap();
                if !is_first {
                    std::future::pending::<()>().await;
                }
            });
            async move { Ok::<_, Error>(response.body(body).unwrap()) }
        })
    };
    let service = builder().stale_if_error(60 * SECOND).build().unwrap().layer(inner);
    let page = |headers| service.clone().oneshot(request("GET", "/", headers));
    page(&[]).await.unwrap();
    advance(SECOND).await;
    let began = crate::support::now();
    // Also where one begins the call who takes none that is stale, and gets what there is.
    let callers = [&[("cache-control", "no-cache")][..]].into_iter().chain([&[][..]; 10]);
    let responses = futures_util::future::join_all(callers.map(page)).await;
    let statuses: Vec<_> = responses.into_iter().map(|response| response.unwrap().status().as_u16()).collect();
    assert_eq!((statuses[0], &statuses[1..]), (503, &[200; 10][..]));
    advance(SECOND).await;
    assert_eq!(page(&[]).await.unwrap().status(), StatusCode::OK);
    assert_eq!(crate::support::now() - began, SECOND);
}
