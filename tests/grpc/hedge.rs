//! A hedge of gRPC calls: which it sends a second time, and what it tells the server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use palisade::HedgeLayer;
use palisade::http::ReplayBody;
use tokio::time::sleep;
use tower::{BoxError, Layer, ServiceExt, service_fn};

type Body = ReplayBody<Full<Bytes>>;

const GET: &str = "/shop.Catalog/Get";
const BUY: &str = "/shop.Catalog/Buy";

/// Calls a method whose first attempt takes so long and ends with a code: how many attempts each request tells of, and the last code.
async fn call(method: &str, millis: u64, code: &'static str) -> (Vec<Option<String>>, String) {
    let told = Arc::<Mutex<Vec<Option<String>>>>::default();
    let service = service_fn(|request: Request<Body>| {
        let previous = request.headers().get("grpc-previous-rpc-attempts");
        let previous = previous.map(|previous| previous.to_str().unwrap().to_owned());
        let (is_first, told) = (previous.is_none(), Arc::clone(&told));
        told.lock().unwrap().push(previous);
        async move {
            if is_first {
                sleep(Duration::from_millis(millis)).await;
            }
            let code = if is_first { code } else { "0" };
            let head = Response::builder().header("content-type", "application/grpc").header("grpc-status", code);
            Ok::<_, BoxError>(head.body(Full::<Bytes>::default())?)
        }
    });
    let methods = |method: &str| method == GET;
    let hedge = HedgeLayer::grpc::<Body, _>("catalog", methods).after(Duration::from_millis(10)).build().unwrap();
    let request = Request::post(method).header("content-type", "application/grpc").body(Full::<Bytes>::from("data"));
    let response = hedge.layer(service).oneshot(request.unwrap()).await.unwrap();
    let code = response.headers()["grpc-status"].to_str().unwrap().to_owned();
    let told = told.lock().unwrap().clone();
    (told, code)
}

#[tokio::test(start_paused = true)]
async fn only_the_methods_that_are_named_are_hedged() {
    let hedged = [None, Some("1".to_owned())];
    for (what, method, millis, code, attempts, last) in [
        ("fast", GET, 5, "0", 1, "0"),
        ("slow", GET, 50, "0", 2, "0"),
        ("slow, and not named", BUY, 50, "0", 1, "0"),
        ("UNAVAILABLE", GET, 5, "14", 2, "0"),
        ("UNAVAILABLE, and not named", BUY, 5, "14", 1, "14"),
        ("UNIMPLEMENTED is no trouble of the service's", GET, 5, "12", 1, "12"),
    ] {
        let (told, code) = call(method, millis, code).await;
        assert_eq!((&told[..], &*code), (&hedged[..attempts], last), "{what}");
    }
}
