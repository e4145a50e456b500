//! Hops over real sockets: a server reads the header, and its client sends it on.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body as AxumBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use palisade::BulkheadLayer;
use palisade::criticality::Criticalities;
use palisade::http::AnswerLayer;
use tower::ServiceBuilder;

use super::*;
use crate::client::{HttpClient, Small, Wire, client, get as request, on_both};
use crate::patience::soon;
use crate::server::uri;
use crate::sockets::serve_router;

/// What a hop needs to call the next.
#[derive(Clone)]
struct Relay {
    client: Criticalities<HttpClient<Small>, Bodies<Header>>,
    next: Option<String>,
    seen: Arc<Mutex<Vec<Criticality>>>,
}

async fn relay_on(State(relay): State<Relay>) -> StatusCode {
    relay.seen.lock().unwrap().push(Criticality::current());
    let Some(next) = relay.next else { return StatusCode::OK };
    relay.client.oneshot(request(next)).await.unwrap().status()
}

/// Serves a router behind a layer that reads the header; tells its address.
async fn serve(router: Router) -> String {
    let stack = ServiceBuilder::new().layer(AnswerLayer::http()).layer(by_header());
    uri(serve_router(router.layer(stack)).await, "/")
}

/// The status and the body of the response to a request with this header.
async fn ask(wire: Wire, to: &str, value: &str) -> (u16, Bytes) {
    let mut request = request(to);
    request.headers_mut().insert(&NAME, value.parse().unwrap());
    let response = soon(client(wire).request(request)).await.unwrap();
    (response.status().as_u16(), soon(response.into_body().collect()).await.unwrap().to_bytes())
}

#[tokio::test]
async fn every_hop_sees_the_class_of_the_first_call() {
    on_both(async |wire| {
        for (value, class) in [("sheddable", Sheddable), ("sheddable-plus", SheddablePlus), ("critical-plus", Critical)]
        {
            let seen = Arc::<Mutex<Vec<_>>>::default();
            let mut next = None;
            for _ in 0..3 {
                let relay = Relay { client: by_header().layer(client(wire)), next, seen: Arc::clone(&seen) };
                next = Some(serve(Router::new().route("/", get(relay_on)).with_state(relay)).await);
            }
            assert_eq!(ask(wire, &next.unwrap(), value).await.0, 200);
            assert_eq!(*seen.lock().unwrap(), [class; 3], "{value}");
        }
    })
    .await;
}

/// A body that says how much it matters when it is polled.
struct Asking(bool);

impl Body for Asking {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let is_done = std::mem::replace(&mut self.0, true);
        Poll::Ready((!is_done).then(|| Ok(Frame::data(Bytes::from_static(Criticality::current().as_str().as_bytes())))))
    }
}

#[tokio::test]
async fn a_body_is_polled_with_the_class_of_its_call() {
    on_both(async |wire| {
        let router = Router::new().route("/", get(|| async { AxumBody::new(Asking(false)) }));
        let to = serve(router.clone()).await;
        assert_eq!(ask(wire, &to, "sheddable").await, (200, "sheddable".into()));
        let by_function = CriticalityLayer::http(|_: &Request<AxumBody>| SheddablePlus);
        let to = serve(router.layer(ServiceBuilder::new().layer(AnswerLayer::http()).layer(by_function))).await;
        assert_eq!(ask(wire, &to, "sheddable").await, (200, "sheddable-plus".into()));
    })
    .await;
}

#[tokio::test]
async fn a_server_beyond_the_share_of_a_class_answers_503_to_it_alone() {
    on_both(async |wire| {
        let bulkhead = BulkheadLayer::http(2).share(Sheddable, 0.5).build().unwrap();
        let _place = bulkhead.handle().try_enter().unwrap();
        let stack = ServiceBuilder::new().layer(AnswerLayer::http()).layer(bulkhead);
        let to = serve(Router::new().route("/", get(|| async {})).layer(stack)).await;
        for (value, status) in [("sheddable", 503), ("critical", 200), ("SHEDDABLE", 200)] {
            assert_eq!(ask(wire, &to, value).await.0, status, "{value}");
        }
    })
    .await;
}
