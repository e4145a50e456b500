//! The client that calls, bare and through the five layers.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::http::ReplayBody;
use tokio::task::JoinSet;
use tower::util::BoxCloneService;
use tower::{BoxError, Layer, Service, ServiceExt};

type Small = Full<Bytes>;
type Ours = BoxCloneService<Request<Small>, u64, BoxError>;

pub struct Clients {
    bare: Client<HttpConnector, Small>,
    ours: Ours,
}

impl Clients {
    pub fn new() -> Self {
        let bare = Client::builder(TokioExecutor::new()).build_http();
        let ours = Client::builder(TokioExecutor::new()).build_http::<ReplayBody<Small>>();
        let stack = palisade::http::standard("upstream").expect("legal").bulkhead(1000).layer(ours);
        let ours = BoxCloneService::new(stack.map_err(BoxError::from).and_then(read));
        Self { bare, ours }
    }

    /// Sends so many requests by so many callers at once, each on a connection of its own, and returns how long it took.
    pub async fn bare(&self, address: &str, callers: u32, requests: u32) -> Duration {
        let bare = self.bare.clone().map_err(BoxError::from).and_then(read);
        send(&BoxCloneService::new(bare), address, callers, requests).await
    }

    /// The same through our layers.
    pub async fn ours(&self, address: &str, callers: u32, requests: u32) -> Duration {
        send(&self.ours, address, callers, requests).await
    }
}

async fn send(service: &Ours, address: &str, callers: u32, requests: u32) -> Duration {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (mut service, url) = (service.clone(), format!("http://{address}/"));
        tasks.spawn(async move {
            for _ in 0..requests / callers {
                let request = Request::get(&url).body(Full::default()).expect("legal");
                let service = service.ready().await.expect("it is ready");
                assert_eq!(service.call(request).await.expect("each call is answered"), 1024);
            }
        });
    }
    tasks.join_all().await;
    start.elapsed()
}

/// Reads a good response to its end, and returns its length.
async fn read<B>(response: Response<B>) -> Result<u64, BoxError>
where
    B: BodyExt<Data = Bytes, Error: Into<BoxError>>,
{
    assert!(response.status().is_success());
    let body = response.into_body().collect().await.map_err(Into::into)?;
    Ok(body.to_bytes().len() as u64)
}
