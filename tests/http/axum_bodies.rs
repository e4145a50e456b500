//! Retries of a client whose requests have axum's bodies.

use axum::body::Body;
use http::Request;
use http_body_util::Full;
use tower::ServiceBuilder;

use crate::client::{call, client, on_both, retry_of, text};
use crate::server::{Server, reply, text as answer};

#[tokio::test]
async fn a_request_with_a_body_of_axums_is_sent_again_whole() {
    on_both(async |wire| {
        let server = Server::start(|nth, _| reply(answer(if nth == 1 { 503 } else { 200 }, "it"))).await;
        let stack = ServiceBuilder::new().layer(retry_of::<Body>().build().unwrap()).service(client::<Body>(wire));
        let put = || Request::put(server.uri("/"));
        let requests = [Body::from("order"), Body::new(Full::<bytes::Bytes>::from("order"))];
        for (nth, body) in requests.into_iter().enumerate() {
            let response = call(&stack, put().body(body).unwrap()).await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(text(response).await.unwrap(), "it");
            assert_eq!(server.calls(), nth + 2);
        }
        assert!(server.arrived().iter().all(|arrived| arrived.body == "order"));
    })
    .await;
}
