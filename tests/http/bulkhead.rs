//! How long an answer holds its place.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use palisade::{BulkheadHandle, BulkheadLayer, Error, RejectionReason, http::Http};
use tokio::time::{Instant, sleep};
use tower::{ServiceBuilder, service_fn};

use crate::{
    client::{Small, Wire, call, client, ends, eventually, get, ms, on_both, secs, soon, status, text},
    server::{self, Server, abort, broken, empty, reply, silence},
};

fn one_place() -> (BulkheadLayer<Http>, BulkheadHandle) {
    let bulkhead = BulkheadLayer::http(1).build().unwrap();
    let places = bulkhead.handle();
    (bulkhead, places)
}

#[tokio::test]
async fn a_streaming_answer_holds_its_place_until_it_has_ended() {
    on_both(async |wire| {
        let (mut sender, begun) = server::stream(200, &["one"]);
        let begun = Mutex::new(Some(begun));
        let server = Server::start(move |_, _| reply(begun.lock().unwrap().take().unwrap_or_else(|| empty(200)))).await;
        let (bulkhead, places) = one_place();
        let stack = ServiceBuilder::new().layer(bulkhead).service(client::<Small>(wire));
        let mut body = call(&stack, get(server.uri("/"))).await.unwrap().into_body();
        for piece in ["two", "three"] {
            soon(body.frame()).await.unwrap().unwrap();
            let error = call(&stack, get(server.uri("/"))).await.map(drop).unwrap_err();
            assert_eq!(error.rejection().expect("the place is taken").reason(), RejectionReason::Full);
            sender.send_data(piece.into()).await.unwrap();
        }
        soon(body.frame()).await.unwrap().unwrap();
        assert_eq!((server.calls(), places.in_flight()), (1, 1));
        drop(sender);
        assert!(ends(&mut body).await);
        // The body is still there, and holds nothing.
        assert_eq!(places.in_flight(), 0);
        assert_eq!(status(&stack, get(server.uri("/"))).await.unwrap(), 200);
        drop(body);
        assert_eq!(places.in_flight(), 0);
    })
    .await;
}

#[expect(clippy::disallowed_methods, reason = "tests measure")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(start_paused = true)]
async fn a_streaming_answer_of_two_seconds_holds_its_place_for_two_seconds() {
    let drips = futures_util::stream::unfold(0, |drips| async move {
        sleep(ms(500)).await;
        (drips < 3).then(|| (Ok::<_, Error>(Frame::data(Bytes::from_static(b"drip"))), drips + 1))
    });
    let drips = Arc::new(Mutex::new(Some(StreamBody::new(Box::pin(drips)))));
    let (bulkhead, places) = one_place();
    let stack = ServiceBuilder::new().layer(bulkhead).service(service_fn(move |_: Request<Small>| {
        let body = drips.lock().unwrap().take().unwrap();
        async { Ok::<_, Error>(Response::new(body)) }
    }));
    let start = now();
    let reading = tokio::spawn(text(call(&stack, get("/")).await.unwrap()));
    while places.in_flight() == 1 {
        assert!(call(&stack, get("/")).await.is_err_and(|error| error.rejection().is_some()));
        sleep(ms(1)).await;
    }
    assert!((secs(2)..secs(2) + ms(5)).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert_eq!(reading.await.unwrap().unwrap(), "dripdripdrip");
}

#[tokio::test]
async fn an_answer_that_is_dropped_half_way_frees_its_place_at_once() {
    on_both(async |wire| {
        let server = Server::start(|_, _| reply(silence(200))).await;
        let (bulkhead, places) = one_place();
        let stack = ServiceBuilder::new().layer(bulkhead).service(client::<Small>(wire));
        for _ in 0..3 {
            let mut answer = call(&stack, get(server.uri("/"))).await.unwrap();
            soon(answer.body_mut().frame()).await.unwrap().unwrap();
            assert_eq!(places.in_flight(), 1);
            drop(answer);
            assert_eq!(places.in_flight(), 0);
        }
        eventually("the server notices", || server.streaming() == 0).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_breaks_frees_its_place() {
    on_both(async |wire| {
        let server = Server::start(|nth, _| if nth == 1 { reply(broken(200)) } else { abort() }).await;
        let (bulkhead, places) = one_place();
        let stack = ServiceBuilder::new().layer(bulkhead).service(client::<Small>(wire));
        let mut body = call(&stack, get(server.uri("/"))).await.unwrap().into_body();
        while soon(body.frame()).await.expect("it breaks before it ends").is_ok() {}
        assert_eq!(places.in_flight(), 0);
        assert!(call(&stack, get(server.uri("/"))).await.is_err());
        assert_eq!((places.in_flight(), server.calls()), (0, 2));
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_a_body_holds_no_place_though_it_is_kept() {
    on_both(async |wire| {
        for status in [200, 204, 304, 503] {
            let server = Server::start(move |_, _| reply(empty(status))).await;
            let (bulkhead, places) = one_place();
            let stack = ServiceBuilder::new().layer(bulkhead).service(client::<Small>(wire));
            let answer = call(&stack, get(server.uri("/"))).await.unwrap();
            assert_eq!((answer.status().as_u16(), places.in_flight()), (status, 0));
            drop(answer);
        }
    })
    .await;
}

#[tokio::test]
async fn a_waiting_call_gets_the_place_when_the_answer_before_it_ends() {
    let server = Server::start(|nth, _| reply(if nth == 1 { silence(200) } else { empty(200) })).await;
    let bulkhead = BulkheadLayer::http(1).max_wait(secs(20)).build().unwrap();
    let places = bulkhead.handle();
    let stack = ServiceBuilder::new().layer(bulkhead).service(client::<Small>(Wire::Http1));
    let first = call(&stack, get(server.uri("/"))).await.unwrap();
    let end = async {
        eventually("the second waits", || places.queued() == 1).await;
        assert_eq!(server.calls(), 1);
        drop(first);
    };
    let (second, ()) = tokio::join!(status(&stack, get(server.uri("/"))), end);
    assert_eq!((second.unwrap(), server.calls()), (200, 2));
}

/// A body of two pieces, which looks at the places when it is dropped.
struct Dropped {
    pieces: u32,
    places: BulkheadHandle,
    seen: Arc<Mutex<Vec<usize>>>,
}

impl Body for Dropped {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(left) = self.pieces.checked_sub(1) else { return Poll::Ready(None) };
        self.pieces = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"piece")))))
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.seen.lock().unwrap().push(self.places.in_flight());
    }
}

#[tokio::test]
async fn a_place_comes_free_only_when_the_body_is_gone() {
    let (bulkhead, places) = one_place();
    let seen = Arc::<Mutex<Vec<usize>>>::default();
    let (looks_at, notes) = (places.clone(), Arc::clone(&seen));
    let stack = ServiceBuilder::new().layer(bulkhead).service(service_fn(move |_: Request<Small>| {
        let body = Dropped { pieces: 2, places: looks_at.clone(), seen: Arc::clone(&notes) };
        std::future::ready(Ok::<_, Error>(Response::new(body)))
    }));
    for reads in [0, 1, 3] {
        let mut body = call(&stack, get("/")).await.unwrap().into_body();
        for _ in 0..reads {
            body.frame().await.transpose().unwrap();
        }
        drop(body);
        assert_eq!(places.in_flight(), 0);
    }
    assert_eq!(*seen.lock().unwrap(), [1, 1, 1]);
}
