//! Letters of gRPC calls.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use palisade::http::{ReplayBody, WholeRequest};
use palisade::{DeadLetterLayer, DeadLetters, Error, MemoryStore};
use tower::{Layer, ServiceExt, service_fn};

fn head(code: Option<&str>) -> Response<()> {
    let mut response = Response::new(());
    if let Some(code) = code {
        response.headers_mut().insert("grpc-status", code.parse().unwrap());
    }
    response
}

#[tokio::test(start_paused = true)]
async fn calls_and_replays_go_by_the_code_in_the_head() {
    let letters = DeadLetters::builder("grpc", Arc::new(MemoryStore::new()), WholeRequest).open().await.unwrap();
    for (code, waiting) in [(None, 0), (Some("0"), 0), (Some("5"), 0), (Some("14"), 1)] {
        let service =
            service_fn(move |_: Request<ReplayBody<Full<Bytes>>>| async move { Ok::<_, Infallible>(head(code)) });
        let request = Request::post("/shop.Orders/Place").body(Full::<Bytes>::from("message")).unwrap();
        DeadLetterLayer::grpc(letters.clone()).layer(service).oneshot(request).await.unwrap();
        assert_eq!(letters.waiting(), waiting, "{code:?}");
    }
    let codes = Arc::new(Mutex::new(vec!["0", "14", "14"]));
    let left = Arc::clone(&codes);
    let service = service_fn(move |_: Request<Bytes>| {
        let code = codes.lock().unwrap().pop();
        async move { Ok::<_, Error>(head(code)) }
    });
    letters.replay(service).grpc().until_empty().await.unwrap();
    assert_eq!((letters.waiting(), left.lock().unwrap().len()), (0, 0));
}
