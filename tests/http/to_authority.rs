//! One client, many servers.

use axum::Router;
use http::{Method, Request, Response, Uri};
use http_body_util::BodyExt;
use palisade::http::{ToAuthority, host};
use palisade::reqwest::ReqwestClient;
use tower::{BoxError, ServiceExt, service_fn};

use crate::client::{Small, Wire, client, on_both, request};
use crate::sockets::serve_router;

/// What a server saw: the version, the host, how many headers named one, the method, the target, a header and the body.
async fn told(request: Request<axum::body::Body>) -> String {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let hosts = head.headers.get_all("host").iter().count();
    let kept = head.headers["x-kept"].to_str().unwrap().to_owned();
    let target = head.uri.path_and_query().unwrap().to_string();
    let named = host(&Request::from_parts(head.clone(), ()));
    format!("{:?} {named} {hosts} {} {target} {kept} {body:?}", head.version, head.method)
}

fn put(uri: &str) -> Request<Small> {
    let mut request = request(Method::PUT, uri, "two of them");
    request.headers_mut().insert("x-kept", "kept".parse().unwrap());
    request.headers_mut().insert("host", "shop.example".parse().unwrap());
    request
}

#[tokio::test]
async fn a_request_goes_to_the_server_as_it_was() {
    on_both(async |wire| {
        let (one, other) =
            (serve_router(Router::new().fallback(told)).await, serve_router(Router::new().fallback(told)).await);
        let client = client(wire);
        let (version, hosts) = if wire == Wire::Http1 { ("HTTP/1.1", 1) } else { ("HTTP/2.0", 0) };
        for addr in [one, other] {
            let replica = ToAuthority::new(client.clone(), &format!("http://{addr}")).unwrap();
            for uri in ["/orders/7?full", "http://orders/orders/7?full", "https://user@orders:1/orders/7?full"] {
                let response = replica.clone().oneshot(put(uri)).await.unwrap();
                let seen = response.into_body().collect().await.unwrap().to_bytes();
                let expected = format!("{version} {addr} {hosts} PUT /orders/7?full kept b\"two of them\"");
                assert_eq!(seen, expected, "{uri}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn reqwest_reaches_the_server_too() {
    let addr = serve_router(Router::new().fallback(told)).await;
    let replica = ToAuthority::new(ReqwestClient::default(), &format!("http://{addr}")).unwrap();
    let response = replica.oneshot(put("http://orders/7").map(reqwest::Body::wrap)).await.unwrap();
    let seen = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(seen, format!("HTTP/1.1 {addr} 1 PUT /7 kept b\"two of them\""));
}

#[tokio::test]
async fn a_uri_without_a_path_gets_the_shortest() {
    let echo = service_fn(async |request: Request<()>| Ok::<_, BoxError>(Response::new(request.uri().clone())));
    let replica = ToAuthority::new(echo, "https://[::1]:8443").unwrap();
    for (uri, asked) in [("orders:80", "https://[::1]:8443/"), ("/a", "https://[::1]:8443/a")] {
        let request = Request::get(uri).body(()).unwrap();
        let expected: Uri = asked.parse().unwrap();
        assert_eq!(replica.clone().oneshot(request).await.unwrap().into_body(), expected);
    }
}

#[test]
fn a_server_is_a_scheme_a_host_and_a_port() {
    for legal in ["http://10.0.0.1:80", "https://orders", "http://[::1]:80", "http://a/"] {
        assert!(ToAuthority::new((), legal).is_ok(), "{legal}");
    }
    for illegal in [
        "http://a#f",
        "http://a/#",
        "",
        "/",
        "a",
        "10.0.0.1:80",
        "http://",
        "http://:80",
        "http://a:",
        "http://a:65536",
        "http://u@a",
        "http://a/b",
        "http://a/?q",
        "http://a b",
    ] {
        let error = ToAuthority::new((), illegal).unwrap_err();
        assert_eq!((error.setting(), error.value()), ("server", &*format!("{illegal:?}")));
    }
    let error = ToAuthority::new((), "a").unwrap_err().to_string();
    let legal = "a scheme, a host and its port, such as `http://10.0.0.1:8080`";
    assert_eq!(error, format!("authority: `server` is \"a\", but must be {legal}"));
}
