//! Pages and beats in a server, over both wires.

use axum::Router;
use axum::routing::any_service;
use http::Method;
use palisade::health::Heartbeats;

use super::*;
use crate::client::{Small, client, on_both, request};
use crate::patience::soon;
use crate::server::uri;
use crate::sockets::serve_router;

#[tokio::test]
async fn a_server_is_probed_over_both_wires() {
    on_both(async |wire| {
        let check = check("disk", Ok(())).build().unwrap();
        let health = Health::builder().critical(&check).build().unwrap();
        let router = Router::new()
            .route("/", axum::routing::get(async || "hello"))
            .nest_service("/internal", health.service())
            .fallback_service(health.service());
        let addr = serve_router(router).await;
        let client = client::<Small>(wire);
        let probe = async |method, path| {
            let response = soon(client.request(request(method, uri(addr, path), ""))).await.unwrap();
            let (head, body) = response.into_parts();
            let body = soon(body.collect()).await.unwrap().to_bytes();
            assert_eq!(head.headers["content-type"], "application/health+json");
            (head.status.as_u16(), head.headers["content-length"].to_str().unwrap().to_owned(), body.len())
        };
        assert_eq!(probe(Method::GET, "/livez").await, (200, "17".into(), 17));
        assert_eq!(probe(Method::GET, "/readyz").await.0, 503);
        run(&check).await;
        assert_eq!(probe(Method::GET, "/internal/readyz").await.0, 200);
        assert_eq!(probe(Method::HEAD, "/livez").await, (200, "17".into(), 0));
        health.drain();
        assert_eq!(probe(Method::HEAD, "/readyz").await.0, 503);
        assert_eq!(probe(Method::GET, "/livez").await.0, 200);
    })
    .await;
}

#[tokio::test]
async fn beats_arrive_over_both_wires() {
    on_both(async |wire| {
        let heartbeats = Heartbeats::builder().capacity(1).build().unwrap();
        let addr = serve_router(Router::new().route("/beats/{node}", any_service(heartbeats.service()))).await;
        let client = client::<Small>(wire);
        let beat = async |method, node: &str| {
            let request = request(method, uri(addr, &format!("/beats/{node}")), "");
            let response = soon(client.request(request)).await.unwrap();
            response.status().as_u16()
        };
        assert_eq!(beat(Method::PUT, "a%20%22b%22%0A").await, 204);
        assert!(heartbeats.phi("a \"b\"\n").is_some());
        assert_eq!(beat(Method::POST, "a%20%22b%22%0A").await, 204);
        assert_eq!(beat(Method::PUT, "another").await, 503);
        assert_eq!(beat(Method::PUT, "%FF").await, 400);
        assert_eq!(beat(Method::GET, "another").await, 405);
    })
    .await;
}
