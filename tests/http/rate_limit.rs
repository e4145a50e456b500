//! A rate limit in a server, and in a client whose server has one.

use std::future::{Ready, ready};

use axum::Router;
use axum::body::Body;
use axum::routing::get as on_get;
use http::{HeaderMap, HeaderValue, Request, Response};
use palisade::http::{AnswerLayer, Http};
use palisade::{Error, Outcome, Rate, RateLimitBuilder, RateLimitLayer, RejectionReason};
use tokio::time::advance;
use tower::util::ServiceFn;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::client::{Small, call, client, get, no_room, on_both};
use crate::patience::{HOUR, ms, secs};
use crate::server::{Server, empty, uri, with_header};
use crate::sockets::serve_router;
use crate::support::{Down, reason};

/// So slow that no test sees another call pass.
fn slow() -> RateLimitBuilder<Http> {
    RateLimitLayer::http("api", Rate::per(HOUR, 2))
}

fn field<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_server_responds_429_and_says_when_to_come_back() {
    on_both(async |wire| {
        let layers = ServiceBuilder::new().layer(AnswerLayer::http()).layer(slow().build().unwrap());
        let addr = serve_router(Router::new().route("/", on_get(async || "hello")).layer(layers)).await;
        let client = client::<Small>(wire);
        for expected in [200, 200, 429, 429] {
            let response = call(&client, get(uri(addr, "/"))).await.unwrap();
            assert_eq!(response.status(), expected);
            let told = field(response.headers(), "retry-after");
            let told = told.first().map(|seconds| seconds.parse::<u64>().unwrap());
            assert_eq!(told.is_some(), expected == 429);
            assert!(told.is_none_or(|told| (1..=1800).contains(&told)), "{told:?}");
            assert_eq!(field(response.headers(), "ratelimit"), Vec::<&str>::new(), "it is not asked to");
        }
    })
    .await;
}

fn by_client(request: &Request<Body>) -> Option<HeaderValue> {
    request.headers().get("x-client").cloned()
}

#[tokio::test]
async fn each_client_has_a_rate_of_its_own_and_is_told_what_is_left() {
    on_both(async |wire| {
        let limit = slow().headers().per_key(by_client as fn(&Request<Body>) -> _).build().unwrap();
        let limits = limit.handle();
        let layers = ServiceBuilder::new().layer(AnswerLayer::http()).layer(limit);
        let addr = serve_router(Router::new().route("/", on_get(async || "hello")).layer(layers)).await;
        let client = client::<Small>(wire);
        let ask = async |name: &'static str| {
            let mut request = get(uri(addr, "/"));
            request.headers_mut().insert("x-client", HeaderValue::from_static(name));
            call(&client, request).await.unwrap()
        };
        for (name, status, left) in [("one", 200, 1), ("one", 200, 0), ("one", 429, 0), ("two", 200, 1)] {
            let response = ask(name).await;
            assert_eq!(response.status(), status, "{name}");
            let told = field(response.headers(), "ratelimit");
            assert!(told.len() == 1 && told[0].starts_with(&format!("\"api\";r={left};t=")), "{told:?}");
        }
        assert!(limits.block(Some(HeaderValue::from_static("three")), HOUR));
        assert_eq!(ask("three").await.status(), 429);
    })
    .await;
}

#[tokio::test]
async fn a_client_stays_away_for_as_long_as_its_server_says() {
    on_both(async |wire| {
        let server = Server::once(with_header(empty(429), "retry-after", "7")).await;
        let limit = RateLimitLayer::http("api", Rate::per_second(1000)).heed_throttling().build().unwrap();
        let stack = ServiceBuilder::new().layer(limit).service(client::<Small>(wire));
        assert_eq!(call(&stack, get(server.uri("/"))).await.unwrap().status(), 429);
        let rejected = call(&stack, get(server.uri("/"))).await;
        assert_eq!((reason(&rejected), server.calls()), (Some(RejectionReason::RateLimited), 1));
        let left = rejected.unwrap_err().rejection().unwrap().retry_after().unwrap();
        assert!(left <= secs(7), "{left:?}");
    })
    .await;
}

type Inner = ServiceFn<fn(Request<Small>) -> Ready<Result<Response<Small>, Down>>>;

fn service() -> Inner {
    service_fn(|_| ready(Ok(Response::default())))
}

#[tokio::test(start_paused = true)]
async fn a_response_tells_what_is_left_rounded_up_to_seconds() {
    for (rate, burst, after, limit, policy) in [
        (Rate::per(secs(60), 600), 100, ms(0), r#""api";r=99;t=1"#, r#""api";q=600;w=60"#),
        (Rate::per(secs(60), 4), 4, ms(0), r#""api";r=3;t=15"#, r#""api";q=4;w=60"#),
        (Rate::per(secs(60), 4), 1, ms(0), r#""api";r=0;t=15"#, r#""api";q=4;w=60"#),
        (Rate::per(secs(60), 7), 1, ms(0), r#""api";r=0;t=9"#, r#""api";q=7;w=60"#),
        (Rate::per(ms(1500), 1), 1, ms(0), r#""api";r=0;t=2"#, r#""api";q=1;w=2"#),
        (Rate::per(ms(1), 1), 1, ms(0), r#""api";r=0;t=1"#, r#""api";q=1;w=1"#),
        (Rate::per(secs(1), 1), 1, secs(9), r#""api";r=0;t=1"#, r#""api";q=1;w=1"#),
    ] {
        let layer = RateLimitLayer::http("api", rate).burst(burst).headers().build().unwrap();
        advance(after).await;
        let response = ServiceBuilder::new().layer(layer).service(service()).oneshot(get("/")).await.unwrap();
        let told = (field(response.headers(), "ratelimit"), field(response.headers(), "ratelimit-policy"));
        assert_eq!(told, (vec![limit], vec![policy]), "{rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_without_room_for_the_fields_stays_as_it_is() {
    let full = service_fn(async |_: Request<Small>| {
        let mut response = Response::new(Small::default());
        *response.headers_mut() = no_room();
        Ok::<_, Down>(response)
    });
    let layer = RateLimitLayer::http("api", Rate::per_second(5)).headers().build().unwrap();
    let response = layer.layer(full).oneshot(get("/")).await.unwrap();
    assert_eq!(*response.headers(), no_room());
}

#[tokio::test(start_paused = true)]
async fn a_rejection_tells_when_a_call_would_pass() {
    for (calls, limit, retry_after) in
        [(7, r#""api";r=0;t=9"#, vec!["9"]), (60, r#""api";r=0;t=1"#, vec!["1"]), (0, r#""api";r=0"#, vec![])]
    {
        let layer = RateLimitLayer::http("api", Rate::per(secs(60), calls)).burst(1).headers().build().unwrap();
        layer.handle().drain();
        let layers = ServiceBuilder::new().layer(AnswerLayer::http()).layer(layer);
        let Ok(response) = layers.service(service()).oneshot(get("/")).await;
        assert_eq!(response.status(), 429);
        let told = ["ratelimit", "ratelimit-policy", "retry-after"].map(|name| field(response.headers(), name));
        assert_eq!(told, [vec![limit], vec![], retry_after]);
    }
}

#[tokio::test(start_paused = true)]
async fn each_of_several_limits_is_told_by_its_name() {
    let named = |name: &'static str| RateLimitLayer::http(name, Rate::per_second(5)).headers().build().unwrap();
    let layers = ServiceBuilder::new().layer(named("a \"b\" \\ c")).layer(named("é\n"));
    let response = layers.service(service()).oneshot(get("/")).await.unwrap();
    let told = field(response.headers(), "ratelimit");
    assert_eq!(told, [r#""??";r=4;t=1"#, r#""a \"b\" \\ c";r=4;t=1"#]);
}

#[tokio::test(start_paused = true)]
async fn fields_come_with_waits_and_with_a_classifier_too() {
    let throttled = |_: Result<&Response<Small>, &Error>| Outcome::Throttled { retry_after: Some(secs(9)) };
    let layer = RateLimitLayer::http("api", Rate::per_second(5)).headers().max_wait(HOUR).heed_throttling();
    let layer = layer.classify(throttled).build().unwrap();
    let limit = layer.handle();
    let response = ServiceBuilder::new().layer(layer).service(service()).oneshot(get("/")).await.unwrap();
    assert_eq!(field(response.headers(), "ratelimit"), [r#""api";r=4;t=1"#]);
    assert_eq!(limit.snapshot().available, 0, "it is heeded");
}

#[tokio::test(start_paused = true)]
async fn telling_what_is_left_heeds_nothing() {
    let layer = RateLimitLayer::http("api", Rate::per_second(5)).headers().build().unwrap();
    let throttling = service_fn(async |_: Request<Small>| {
        let response = Response::builder().status(429).header("retry-after", "9");
        Ok::<_, Down>(response.body(Small::default()).unwrap())
    });
    ServiceBuilder::new().layer(&layer).service(throttling).oneshot(get("/")).await.unwrap();
    assert_eq!(layer.handle().snapshot().available, 4);
}
