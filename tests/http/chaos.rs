//! Faults that spoil the bodies of responses.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use palisade::grpc::Grpc;
use palisade::http::{Cut, Http, SpoiltBody};
use palisade::{ChaosBuilder, ChaosHandle, ChaosLayer, Error};
use tokio::time::advance;
use tokio_test::task;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{now, paused};

type Frames = StreamBody<stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Error>>>>;
type Builder<E = Http> = ChaosBuilder<Request<()>, Response<Frames>, E>;

const SECOND: Duration = Duration::from_secs(1);

fn faults() -> Builder {
    ChaosLayer::http("faults").max_share(1.0)
}

/// A body of frames of ten bytes, whose length may be told.
fn frames(count: usize, length: Option<usize>) -> Response<Frames> {
    let frames: Vec<_> = (0..count).map(|_| Ok(Frame::data(Bytes::from_static(b"0123456789")))).collect();
    let response = length.into_iter().fold(Response::builder(), |head, bytes| head.header("content-length", bytes));
    response.body(StreamBody::new(stream::iter(frames))).unwrap()
}

/// The response to a call while these faults are on.
async fn respond(builder: Builder, count: usize, length: Option<usize>) -> (SpoiltBody<Frames>, ChaosHandle) {
    let layer = builder.build().unwrap();
    let handle = layer.handle();
    handle.start();
    let service = layer.layer(service_fn(move |_| async move { Ok::<_, Error>(frames(count, length)) }));
    (service.oneshot(Request::new(())).await.unwrap().into_body(), handle)
}

/// How many bytes came, and the error at their end.
async fn read(mut body: SpoiltBody<Frames>) -> (usize, Option<Error>) {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes += frame.data_ref().map_or(0, Bytes::len),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, None)
}

#[test]
fn a_response_is_cut_off_half_way() {
    paused(async {
        let rows = [
            ("after half of its length", 4, Some(40), 20),
            ("within a frame", 3, Some(30), 15),
            ("after the first frame without a length", 4, None, 10),
            ("at once where half of it is nothing", 1, Some(1), 0),
        ];
        for (label, count, length, passes) in rows {
            let (body, _) = respond(faults().abort(1.0), count, length).await;
            let (bytes, error) = read(body).await;
            assert_eq!(bytes, passes, "{label}");
            let cut = error.expect(label).downcast::<Cut>().expect(label);
            assert_eq!(cut.to_string(), "chaos `faults`: the response was cut off half way", "{label}");
        }
    });
}

#[test]
fn a_response_without_a_body_is_not_cut() {
    paused(async {
        let (body, _) = respond(faults().abort(1.0), 0, Some(0)).await;
        let (bytes, error) = read(body).await;
        assert!(bytes == 0 && error.is_none_or(|error| error.downcast_ref::<Cut>().is_some()));
    });
}

#[test]
fn a_slow_body_takes_its_time() {
    paused(async {
        let (body, _) = respond(faults().slow_body(1.0, 10), 4, None).await;
        let start = now();
        let (bytes, error) = read(body).await;
        assert!(bytes == 40 && error.is_none());
        assert_eq!((now() - start).as_secs(), 4);
    });
}

#[test]
fn a_slow_body_may_be_cut() {
    paused(async {
        let (body, handle) = respond(faults().slow_body(1.0, 10).abort(1.0), 4, Some(40)).await;
        let start = now();
        let (bytes, error) = read(body).await;
        assert!(bytes == 20 && error.is_some());
        assert_eq!(((now() - start).as_secs(), handle.snapshot().faulted), (2, 1));
    });
}

#[test]
fn the_rest_of_a_body_comes_at_once_when_the_faults_stop() {
    paused(async {
        let (mut body, handle) = respond(faults().slow_body(1.0, 1).abort(1.0), 4, Some(40)).await;
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "0");
        let mut frame = task::spawn(body.frame());
        assert!(frame.poll().is_pending());
        advance(SECOND / 2).await;
        assert!(frame.poll().is_pending());
        handle.halt();
        assert!(frame.is_woken());
        let start = now();
        assert_eq!(frame.await.unwrap().unwrap().into_data().unwrap(), "123456789");
        let (bytes, error) = read(body).await;
        assert!(bytes == 30 && error.is_none());
        assert_eq!(now(), start);
    });
}

#[test]
fn a_body_that_meets_no_fault_is_as_it_was() {
    paused(async {
        let layer = ChaosLayer::http("faults").abort(1.0).build().unwrap();
        let service = layer.layer(service_fn(|_: Request<()>| async {
            Ok::<_, Error>(Response::new(Full::new(Bytes::from_static(b"whole"))))
        }));
        let body = service.oneshot(Request::new(())).await.unwrap().into_body();
        assert_eq!(http_body::Body::size_hint(&body).exact(), Some(5));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "whole");
    });
}

#[test]
fn a_stream_of_grpc_is_cut_off_too() {
    paused(async {
        let builder: Builder<Grpc> = ChaosLayer::grpc("faults").max_share(1.0);
        let layer = builder.abort(1.0).build().unwrap();
        layer.handle().start();
        let service = layer.layer(service_fn(|_| async { Ok::<_, Error>(frames(4, None)) }));
        let (bytes, error) = read(service.oneshot(Request::new(())).await.unwrap().into_body()).await;
        assert!(bytes == 10 && error.is_some());
    });
}

#[test]
fn a_fault_of_bodies_needs_a_layer_that_knows_them() {
    type Fault = palisade::chaos::Fault<(), Response<Frames>>;
    let plain = || ChaosLayer::<(), Response<Frames>>::builder("faults");
    for (fault, setting) in [(Fault::abort(0.5), "abort"), (Fault::slow_body(0.5, 1), "slow_body")] {
        let error = plain().fault(fault).build().map(drop).unwrap_err();
        let expected =
            format!("chaos `faults`: `{setting}` is 0.5, but must be in a layer that `http` or `grpc` has begun");
        assert_eq!(error.to_string(), expected);
    }
    let error = faults().slow_body(0.5, 0).build().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "chaos `faults`: `slow_body` is 0, but must be at least 1 byte a second");
}
