//! Codes that come after the head of a response and before any message.

use std::convert::Infallible;
use std::error::Error as _;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use http::{HeaderMap, HeaderName, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody};
use palisade::grpc::{CountAttempts, GrpcClassifier, Pushback};
use palisade::http::{DrainedBody, ReplayBody, Resend};
use palisade::retry::Rules;
use palisade::{Backoff, RetryBuilder, RetryLayer};
use tokio::time::sleep;
use tonic::Status;
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::client::{ask, at_once, drain, retrying};
use crate::patience::{HOUR, ms, soon};
use crate::raw::MESSAGE;
use crate::server::{Reply, serve_script};
use crate::support::now;

const GRPC: &str = "application/grpc";
const WEB: &str = "application/grpc-web+proto";

/// What a body does next.
#[derive(Clone, Debug)]
enum Step {
    Data(Vec<u8>),
    Trailers(&'static [(&'static str, &'static str)]),
    Pause(Duration),
    Error,
}

const DOWN: Step = Step::Trailers(&[("grpc-status", "14"), ("x-shard", "7")]);
const DONE: Step = Step::Trailers(&[("grpc-status", "0")]);

fn message() -> Step {
    Step::Data(MESSAGE.to_vec())
}

/// Trailers of gRPC-Web.
fn web(fields: &str) -> Vec<u8> {
    let len = u32::try_from(fields.len()).unwrap();
    [&[0x80][..], &len.to_be_bytes(), fields.as_bytes()].concat()
}

type Frames = StreamBody<BoxStream<'static, Result<Frame<Bytes>, BoxError>>>;
type Sent = Request<ReplayBody<Empty<Bytes>>>;
type ByCode = Rules<GrpcClassifier, Resend<ReplayBody<Empty<Bytes>>, CountAttempts>, Pushback>;

fn body(steps: Vec<Step>) -> Frames {
    let frame = async |step| match step {
        Step::Data(data) => Some(Ok(Frame::data(data.into()))),
        Step::Trailers(fields) => {
            let field = |&(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
            Some(Ok(Frame::trailers(fields.iter().map(field).collect())))
        }
        Step::Error => Some(Err("it broke".into())),
        Step::Pause(pause) => {
            sleep(pause).await;
            None
        }
    };
    StreamBody::new(stream::iter(steps).filter_map(frame).boxed())
}

/// A response, and after how many calls and how long it came.
struct Came {
    calls: usize,
    after: Duration,
    response: Response<DrainedBody<Frames>>,
}

impl Came {
    /// The data, and the trailers or the error.
    async fn whole(self) -> (Vec<u8>, Result<HeaderMap, String>) {
        let mut body = self.response.into_body();
        let mut data = Vec::new();
        while let Some(read) = body.frame().await {
            match read.map(Frame::into_data) {
                Ok(Ok(bytes)) => data.extend_from_slice(&bytes),
                Ok(Err(frame)) => {
                    assert!(body.frame().await.is_none(), "nothing comes after trailers");
                    return (data, Ok(frame.into_trailers().unwrap()));
                }
                Err(error) => return (data, Err(error.source().unwrap().to_string())),
            }
        }
        (data, Ok(HeaderMap::new()))
    }
}

fn retry() -> RetryBuilder<ByCode> {
    RetryLayer::grpc("looked").backoff(Backoff::none())
}

/// Asks a service whose calls are answered by these bodies; the last one answers all that follow.
async fn asked(content_type: &'static str, bodies: impl IntoIterator<Item = Vec<Step>>) -> Came {
    let bodies: Vec<_> = bodies.into_iter().collect();
    let calls = Mutex::new(0);
    let service = service_fn(|_: Sent| {
        let mut calls = calls.lock().unwrap();
        let steps = bodies[(*calls).min(bodies.len() - 1)].clone();
        *calls += 1;
        let response = Response::builder().header("content-type", content_type).header("x-own", "1").body(body(steps));
        async move { Ok::<_, Infallible>(response.unwrap()) }
    });
    let begun = now();
    let response = retry().build().unwrap().layer(service).oneshot(Request::new(Empty::new())).await.unwrap();
    let calls = *calls.lock().unwrap();
    Came { calls, after: now() - begun, response }
}

#[tokio::test(start_paused = true)]
async fn trailers_before_any_message_are_retried_like_a_head() {
    for (label, first, calls) in [
        ("unavailable", DOWN, 2),
        ("with a pushback", Step::Trailers(&[("grpc-status", "8"), ("grpc-retry-pushback-ms", "70")]), 2),
        ("exhausted, and no pushback", Step::Trailers(&[("grpc-status", "8")]), 1),
        ("no retry is wanted", Step::Trailers(&[("grpc-status", "14"), ("grpc-retry-pushback-ms", "-1")]), 1),
        ("internal", Step::Trailers(&[("grpc-status", "13")]), 1),
        ("done", DONE, 1),
        ("no code", Step::Trailers(&[("x-checksum", "7")]), 1),
        ("an error", Step::Error, 1),
        ("a message", message(), 1),
        ("a frame of nothing", Step::Data(vec![]), 2),
    ] {
        let came = asked(GRPC, [vec![first, DOWN], vec![message(), DONE]]).await;
        assert_eq!(came.calls, calls, "{label}");
        assert_eq!(came.after, if label == "with a pushback" { ms(70) } else { ms(0) }, "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_looked_at_comes_as_it_was_sent() {
    for (label, steps, data, end) in [
        ("trailers", vec![DOWN], vec![], Ok(2)),
        ("a message", vec![message(), DONE], MESSAGE.to_vec(), Ok(1)),
        ("a pause and a message", vec![Step::Pause(ms(20)), message(), DOWN], MESSAGE.to_vec(), Ok(2)),
        ("nothing", vec![], vec![], Ok(0)),
        ("an error", vec![Step::Error], vec![], Err("it broke".to_owned())),
        ("frames of nothing", vec![Step::Data(vec![]), Step::Data(vec![]), DOWN], vec![], Ok(2)),
        ("a long pause", vec![Step::Pause(ms(200)), message(), DONE], MESSAGE.to_vec(), Ok(1)),
    ] {
        let came = asked(GRPC, [steps]).await;
        let head = came.response.headers();
        assert_eq!(
            (head.len(), &head["content-type"], &head["x-own"]),
            (2, &GRPC.parse().unwrap(), &"1".parse().unwrap()),
            "{label}"
        );
        let (read, ended) = came.whole().await;
        assert_eq!((read, ended.map(|trailers| trailers.len())), (data, end), "{label}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_is_held_back_for_50_ms_at_most() {
    for (pause, calls, after) in [(0, 2, 0), (49, 2, 49), (51, 1, 50), (3_600_000, 1, 50)] {
        let came = asked(GRPC, [vec![Step::Pause(ms(pause)), DOWN], vec![message(), DONE]]).await;
        assert_eq!((came.calls, came.after), (calls, ms(after)), "trailers after {pause} ms");
    }
    for (pause, after) in [(20, 20), (51, 50)] {
        let came = asked(GRPC, [vec![Step::Pause(ms(pause)), message(), DONE]]).await;
        assert_eq!((came.calls, came.after), (1, ms(after)), "a message after {pause} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn trailers_of_grpc_web_before_any_message_are_retried() {
    let (down, done) = (web("grpc-status:14\r\n"), web("grpc-status:0\r\n"));
    let (front, back) = down.split_at(7);
    let after_a_message = [MESSAGE, &down].concat();
    let data = |data: &[u8]| Step::Data(data.to_vec());
    for (label, steps, calls) in [
        ("whole", vec![data(&down)], 2),
        ("in two pieces", vec![data(front), data(back)], 2),
        ("in two pieces, with a pause", vec![data(front), Step::Pause(ms(20)), data(back)], 2),
        ("after a frame of nothing", vec![data(&[]), data(&down)], 2),
        ("byte by byte", down.iter().map(|&byte| data(&[byte])).collect(), 2),
        ("with a longer pause", vec![data(front), Step::Pause(ms(60)), data(back)], 1),
        ("cut", vec![data(front)], 1),
        ("after a message", vec![data(MESSAGE), data(&down)], 1),
        ("with a message", vec![data(&after_a_message)], 1),
        ("done", vec![data(&done)], 1),
    ] {
        let sent: Vec<u8> =
            steps.iter().flat_map(|step| if let Step::Data(data) = step { data.clone() } else { vec![] }).collect();
        let came = asked(WEB, [steps, vec![data(MESSAGE), data(&done)]]).await;
        assert_eq!(came.calls, calls, "{label}");
        let expected = if calls == 1 { sent } else { [MESSAGE, &done].concat() };
        assert_eq!(came.whole().await, (expected, Ok(HeaderMap::new())), "{label}");
    }
    let came = asked(WEB, [vec![data(&down)]]).await;
    assert_eq!((came.calls, came.whole().await), (3, (down, Ok(HeaderMap::new()))), "the last one as it came");
}

#[tokio::test(start_paused = true)]
async fn trailers_without_an_end_are_not_waited_for() {
    for (label, wire, start, each, frames) in [
        ("4 GiB", WEB, vec![0x80, 0xff, 0xff, 0xff, 0xff], vec![b'x'; 1000], 100),
        ("frames of nothing in gRPC-Web", WEB, vec![], vec![], 100_000),
        ("frames of nothing", GRPC, vec![], vec![], 100_000),
    ] {
        let expected = [start.clone(), each.repeat(frames)].concat();
        let mut steps = vec![Step::Data(each); frames];
        steps.insert(0, Step::Data(start));
        steps.push(Step::Pause(HOUR));
        let came = asked(wire, [steps]).await;
        assert_eq!((came.calls, came.after), (1, ms(0)), "{label}");
        assert_eq!(came.whole().await.0, expected, "{label}");
    }
}

#[tokio::test]
async fn over_a_connection_a_stream_that_fails_at_once_is_asked_for_again() {
    for failures in [1, 3] {
        let (addr, calls) = serve_script(move |call| match call {
            call if call < failures => Reply::Failing(Status::unavailable("starting")),
            _ => Reply::Paced(Duration::ZERO),
        })
        .await;
        let stream = soon(retrying(addr, at_once()).watch(ask())).await.unwrap().into_inner();
        let came = drain(stream).await.map_err(|status| status.message().to_owned());
        let expected = if failures == 1 { (Ok(3), 2) } else { (Err("starting".to_owned()), 3) };
        assert_eq!((came, calls.count()), expected);
    }
}
