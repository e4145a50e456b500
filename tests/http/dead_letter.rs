//! Letters of HTTP calls.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, StatusCode, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use palisade::http::{ReplayBody, WholeRequest};
use palisade::store::Codec;
use palisade::{BulkheadLayer, DeadLetter, DeadLetterId, DeadLetterLayer, DeadLetters, Error, MemoryStore, RetryLayer};
use proptest::prelude::*;
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};

type Letter = DeadLetter<Request<Bytes>>;

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Letter>>>);

impl Kept {
    fn sink(&self) -> impl Fn(Letter) + Clone + Send + Sync + use<> {
        let kept = Arc::clone(&self.0);
        move |letter| kept.lock().unwrap().push(letter)
    }

    fn bodies(&self) -> Vec<Bytes> {
        self.0.lock().unwrap().iter().map(|letter| letter.request.body().clone()).collect()
    }
}

/// A body that comes in these pieces; `Err` breaks it.
type Streamed = StreamBody<stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, BoxError>>>>;

fn streamed(pieces: &[Result<&'static str, &'static str>]) -> Streamed {
    let frame = |piece: &Result<&'static str, &'static str>| {
        piece.map(|data| Frame::data(Bytes::from_static(data.as_bytes()))).map_err(BoxError::from)
    };
    StreamBody::new(stream::iter(pieces.iter().map(frame).collect::<Vec<_>>()))
}

fn post<B>(body: B) -> Request<B> {
    Request::post("http://shop/orders?of=7").header("x-tenant", "a").header("x-tenant", "b").body(body).unwrap()
}

/// Reads this many frames of the request, and responds with this status.
fn responding<B>(
    frames: usize,
    status: u16,
) -> impl tower::Service<Request<ReplayBody<B>>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send> + Clone
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Unpin + Send + 'static,
{
    service_fn(move |request: Request<ReplayBody<B>>| async move {
        let mut body = request.into_body();
        for _ in 0..frames {
            drop(body.frame().await);
        }
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Ok(response)
    })
}

#[tokio::test(start_paused = true)]
async fn a_letter_has_the_whole_request_however_much_was_sent() {
    for frames in 0..=4 {
        let kept = Kept::default();
        let service = DeadLetterLayer::http(kept.sink()).layer(responding(frames, 503));
        let response = service.oneshot(post(streamed(&[Ok("two "), Ok("of "), Ok("them")]))).await.unwrap();
        assert_eq!((response.status(), kept.bodies()), (StatusCode::SERVICE_UNAVAILABLE, vec!["two of them".into()]));
        let letters = kept.0.lock().unwrap();
        let request = &letters[0].request;
        assert_eq!((request.method().as_str(), request.uri().path(), request.headers().len()), ("POST", "/orders", 2));
        assert!(request.extensions().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_of_a_call_that_was_rejected_is_read_for_its_letter() {
    let kept = Kept::default();
    let layer = DeadLetterLayer::http(kept.sink()).accept(|letter: &Letter| {
        let response = Response::builder().status(202).header("location", format!("/queued/{}", letter.id));
        response.body(Full::<Bytes>::default()).unwrap()
    });
    let layers = ServiceBuilder::new().layer(layer).layer(BulkheadLayer::new(0));
    let response = layers.service(responding(9, 200)).oneshot(post(streamed(&[Ok("two "), Ok("of")]))).await.unwrap();
    assert_eq!((response.into_parts().0.status, kept.bodies()), (StatusCode::ACCEPTED, vec!["two of".into()]));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_the_requests_own_fault_makes_no_letter() {
    let kept = Kept::default();
    for status in [200, 404, 422] {
        let service = DeadLetterLayer::http(kept.sink()).layer(responding(9, status));
        service.oneshot(post(Full::<Bytes>::from("two"))).await.unwrap();
    }
    assert!(kept.bodies().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_or_broken_makes_no_letter() {
    for pieces in [&[Ok("12345"), Ok("6789")][..], &[Ok("1"), Err("broken")]] {
        for frames in [0, 9] {
            let kept = Kept::default();
            let service = DeadLetterLayer::http(kept.sink()).max_body(8).layer(responding(frames, 503));
            let response = service.oneshot(post(streamed(pieces))).await.unwrap();
            assert_eq!((response.status().as_u16(), kept.bodies().len()), (503, 0), "{pieces:?}, {frames}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn around_a_retry_each_attempt_and_the_letter_have_the_body() {
    let kept = Kept::default();
    let layers = ServiceBuilder::new()
        .layer(DeadLetterLayer::http(kept.sink()))
        .layer(RetryLayer::http("retry").build().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let bodies = Arc::clone(&seen);
    let service = layers.service(service_fn(move |request: Request<ReplayBody<ReplayBody<Streamed>>>| {
        let bodies = Arc::clone(&bodies);
        async move {
            let body = request.into_body().collect().await?.to_bytes();
            bodies.lock().unwrap().push(body);
            let mut response = Response::new(Full::<Bytes>::default());
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            Ok::<_, BoxError>(response)
        }
    }));
    let mut request = post(streamed(&[Ok("two "), Ok("of them")]));
    *request.method_mut() = http::Method::PUT;
    service.oneshot(request).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), vec![Bytes::from("two of them"); 3]);
    assert_eq!((kept.bodies(), kept.0.lock().unwrap()[0].attempts), (vec!["two of them".into()], 3));
}

#[tokio::test(start_paused = true)]
async fn a_replay_goes_by_the_status_and_carries_the_id() {
    let letters = DeadLetters::builder("orders", Arc::new(MemoryStore::new()), WholeRequest).open().await.unwrap();
    let service = DeadLetterLayer::http(letters.clone()).layer(responding(0, 503));
    service.oneshot(post(Full::<Bytes>::from("two"))).await.unwrap();
    let id = letters.list(None, 1).await.unwrap()[0].id;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Bytes>| {
        let mut seen = noted.lock().unwrap();
        seen.push((request.extensions().get::<DeadLetterId>().copied(), request.into_body()));
        let mut response = Response::new(());
        *response.status_mut() = if seen.len() < 3 { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
        async { Ok::<_, Error>(response) }
    });
    letters.replay(service).http().until_empty().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), vec![(Some(id), Bytes::from("two")); 3]);
    assert_eq!((letters.waiting(), letters.parked()), (0, 0));
}

#[test]
fn a_request_comes_back_from_its_bytes() {
    let mut request = post(Bytes::from_static(b"\x00two\xff"));
    *request.version_mut() = Version::HTTP_2;
    request.headers_mut().insert("x-bytes", http::HeaderValue::from_bytes(b"\xfe\xff").unwrap());
    let bytes = WholeRequest.encode(&request).unwrap();
    let again = WholeRequest.decode(&bytes).unwrap();
    assert_eq!((again.method(), again.uri(), again.version()), (request.method(), request.uri(), request.version()));
    assert_eq!((again.headers(), again.body()), (request.headers(), request.body()));
    for length in 0..bytes.len() - request.body().len() {
        assert!(WholeRequest.decode(&bytes[..length]).is_err(), "{length}");
    }
    assert!(WholeRequest.decode(&[&[2], &bytes[1..]].concat()).is_err(), "a newer form");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_codec_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), place in 0..60_usize, other in any::<u8>()) {
        drop(WholeRequest.decode(&bytes));
        bytes = WholeRequest.encode(&post(Bytes::from(bytes))).unwrap();
        bytes[place] = other;
        drop(WholeRequest.decode(&bytes));
    }
}
