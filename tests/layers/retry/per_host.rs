//! A budget for each host of HTTP requests.

use http::{Request, Response};
use http_body_util::Empty;
use palisade::http::{ReplayBody, host};

use super::*;

type Body = Empty<bytes::Bytes>;

/// The host of each request that a service was sent, in order. Its response is a 503, for gRPC the code of it.
async fn sent<L>(layer: &L, hosts: &[&str]) -> Vec<String>
where
    L: Layer<Unavailable, Service: Service<Request<Body>, Error = Error>>,
{
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let saw = Arc::clone(&seen);
    let service: Unavailable = strict(Box::leak(Box::new(move |request: Request<ReplayBody<Body>>| {
        saw.lock().unwrap().push(request.uri().host().unwrap().into());
        let response = Response::builder().status(503).header("grpc-status", "14").body(Body::new());
        ready(Ok(response.unwrap()))
    })));
    for name in hosts {
        let request = Request::get(format!("http://{name}/")).body(Body::new()).unwrap();
        assert!(layer.layer(service.clone()).oneshot(request).await.is_ok());
    }
    let seen = seen.lock().unwrap();
    seen.clone()
}

type Unavailable =
    Strict<&'static (dyn Fn(Request<ReplayBody<Body>>) -> Ready<Result<Response<Body>, Down>> + Send + Sync)>;

#[tokio::test(start_paused = true)]
async fn each_host_has_a_budget_under_http_and_grpc() {
    let (calls, attempts) = (["a", "a", "b"], ["a", "a", "a", "b", "b"]);
    let http = RetryLayer::http("orders").budget_per_key(host, fixed_budget(1)).max_body(9).not_sent(|_| false);
    assert_eq!(sent(&http.build().unwrap(), &calls).await, attempts);
    let grpc = RetryLayer::grpc("users").budget_per_key(host, fixed_budget(1));
    assert_eq!(sent(&grpc.build().unwrap(), &calls).await, attempts);
}
