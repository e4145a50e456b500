//! What a circuit makes of the data of a body.

use std::convert::Infallible;
use std::slice;

use bytes::{Buf, Bytes};
use futures_util::{FutureExt, stream};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, StreamBody};
use palisade::grpc::GrpcClassifier;
use palisade::http::GuardedBody;
use palisade::{CircuitGuard, CircuitHandle};
use proptest::prelude::*;
use tokio_test::{assert_pending, task};
use tower::{Layer, ServiceExt, service_fn};

use crate::client::{counted, counting};
use crate::raw::MESSAGE;

const WEB: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text+proto";

/// A flag, a length and so many bytes.
fn framed(flags: u8, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap();
    [&[flags][..], &len.to_be_bytes(), payload].concat()
}

fn trailers(fields: &str) -> Vec<u8> {
    framed(0x80, fields.as_bytes())
}

/// A message and the trailers.
fn answer(code: u8) -> Vec<u8> {
    [MESSAGE, &trailers(&format!("grpc-status:{code}\r\n"))].concat()
}

/// Encodes as RFC 4648 has it, with padding.
fn base64(data: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let bits = three.iter().chain(&[0; 2]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let digits = three.len() + 1;
        [18, 12, 6, 0].map(|shift| DIGITS[bits >> shift & 63]).into_iter().take(digits).chain([b'='; 2]).take(4)
    };
    data.chunks(3).flat_map(four).collect()
}

/// `Some(true)` counts as a success, `Some(false)` as a failure or as throttled, and `None` as nothing.
fn told(circuit: &CircuitHandle) -> Option<bool> {
    let counts = circuit.snapshot().counts;
    (counts.calls > 0).then_some(counts.failures + counts.throttled == 0)
}

type InCircuit<B> = GuardedBody<B, CircuitGuard, GrpcClassifier>;

/// The body of a response of this content type, through a circuit.
async fn through<B>(content_type: &str, body: B) -> (InCircuit<B>, CircuitHandle)
where
    B: Body<Error = Infallible>,
{
    let circuit = counting().build().unwrap();
    let response = Response::builder().header("content-type", content_type).body(body).unwrap();
    let mut response = Some(response);
    let service = service_fn(move |_: Request<()>| {
        let response = response.take().expect("it is called once");
        async move { Ok::<_, Infallible>(response) }
    });
    let response = circuit.layer(service).oneshot(Request::new(())).await.unwrap();
    (response.into_body(), circuit.handle())
}

fn pieces<D: Buf>(pieces: impl IntoIterator<Item = D>) -> impl Body<Data = D, Error = Infallible> {
    let pieces: Vec<_> = pieces.into_iter().map(|piece| Ok(Frame::data(piece))).collect();
    StreamBody::new(stream::iter(pieces))
}

/// What a body that comes in these pieces counts as, once it was read. It passes unchanged.
async fn counts_as(content_type: &str, data: &[Vec<u8>]) -> Option<bool> {
    let (read, circuit) = through(content_type, pieces(data.iter().cloned().map(Bytes::from))).await;
    let read = read.collect().await.unwrap().to_bytes();
    assert_eq!(read, data.concat(), "the data is the caller's");
    told(&circuit)
}

#[tokio::test]
async fn the_code_in_the_last_frame_counts() {
    for (code, is_success) in [(0, true), (5, true), (8, false), (13, false), (14, false)] {
        for content_type in ["application/grpc-web", WEB, "Application/gRPC-Web; charset=utf-8"] {
            assert_eq!(counts_as(content_type, &[answer(code)]).await, Some(is_success), "{code} {content_type}");
        }
        for content_type in ["application/grpc-web-text", TEXT, "application/GRPC-WEB-TEXT"] {
            let text = base64(&answer(code));
            assert_eq!(counts_as(content_type, &[text]).await, Some(is_success), "{code} {content_type}");
        }
    }
}

#[tokio::test]
async fn fields_are_read_however_they_are_written() {
    for (fields, is_success) in [
        ("grpc-status:0\r\n", true),
        ("grpc-status: 0\r\n", true),
        ("Grpc-Status:0\r\n", true),
        ("GRPC-STATUS:\t0 \r\n", true),
        ("grpc-message:a:b\r\ngrpc-status:0\r\n", true),
        ("not a field\r\ngrpc-status:0\r\n", true),
        ("bad name:1\r\n:\r\ngrpc-status:0\r\n", true),
        ("grpc-status:0", true),
        ("grpc-status:0\n", true),
        ("grpc-status:14\r\n", false),
        ("x-grpc-status:0\r\n", false),
        ("", false),
    ] {
        assert_eq!(counts_as(WEB, &[trailers(fields)]).await, Some(is_success), "{fields:?}");
        assert_eq!(counts_as(TEXT, &[base64(&trailers(fields))]).await, Some(is_success), "{fields:?} as text");
    }
}

#[tokio::test]
async fn pieces_of_text_may_be_padded_each() {
    let data = answer(0);
    for at in 0..data.len() {
        let (front, back) = data.split_at(at);
        assert_eq!(counts_as(TEXT, &[base64(front), base64(back)]).await, Some(true), "cut at {at}");
        assert_eq!(counts_as(TEXT, &[[base64(front), base64(back)].concat()]).await, Some(true), "padded at {at}");
    }
}

#[tokio::test]
async fn a_body_without_its_trailers_is_a_failure() {
    let whole = answer(0);
    for (label, data) in [
        ("a message alone", MESSAGE.to_vec()),
        ("half a prefix", whole[..MESSAGE.len() + 3].to_vec()),
        ("trailers that are cut", whole[..whole.len() - 1].to_vec()),
        ("a message of 4 GiB that does not come", [&[0][..], &[0xff; 40]].concat()),
        ("trailers of 4 GiB that do not come", [&[0x80, 0xff, 0xff, 0xff, 0xff][..], b"grpc-status:0\r\n"].concat()),
    ] {
        assert_eq!(counts_as(WEB, slice::from_ref(&data)).await, Some(false), "{label}");
        assert_eq!(counts_as(TEXT, &[base64(&data)]).await, Some(false), "{label} as text");
    }
    assert_eq!(counts_as(WEB, &[]).await, Some(false), "nothing");
    assert_eq!(counts_as("application/grpc", &[whole]).await, Some(false), "it is no gRPC-Web");
}

#[tokio::test]
async fn the_trailers_settle_the_call_before_the_body_ends() {
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(4);
    let (mut body, circuit) = through(WEB, body).await;
    sender.send_data(answer(14).into()).await.unwrap();
    assert!(body.frame().await.is_some());
    assert_eq!(told(&circuit), Some(false));
    assert_pending!(task::spawn(body.frame()).poll());
    sender.send_data("more".into()).await.unwrap();
    let more = body.frame().await.unwrap().unwrap();
    assert_eq!(more.into_data().unwrap(), "more", "what comes after passes");
    drop(sender);
    assert!(body.frame().await.is_none());
    assert_eq!(counted(&circuit), (1, 1));
}

#[tokio::test]
async fn fields_beyond_16_kib_are_not_read() {
    let filler = format!("x:{}\r\n", "x".repeat(1000)).repeat(17);
    assert_eq!(counts_as(WEB, &[trailers(&format!("grpc-status:0\r\n{filler}"))]).await, Some(true));
    assert_eq!(counts_as(WEB, &[trailers(&format!("{filler}grpc-status:0\r\n"))]).await, Some(false));
    let cut = format!("x:{}\r\ngrpc-status:0777\r\n", "x".repeat(16 * 1024 - 4 - "grpc-status:0".len()));
    assert_eq!(counts_as(WEB, &[trailers(&cut)]).await, Some(false), "a field that is cut is left out");
}

#[tokio::test]
async fn data_in_several_pieces_is_read_whole() {
    let data = Bytes::from(answer(0));
    for at in 0..=data.len() {
        let body = pieces([data.slice(..at).chain(data.slice(at..))]);
        let (read, circuit) = through(WEB, body).await;
        read.collect().await.unwrap();
        assert_eq!(told(&circuit), Some(true), "cut at {at}");
    }
}

proptest! {
    #[test]
    fn it_does_not_matter_where_the_data_is_cut(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4),
        code in 0_u8..17,
        is_text in any::<bool>(),
        mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut data: Vec<u8> = messages.iter().flat_map(|message| framed(0, message)).collect();
        data.extend(trailers(&format!("grpc-message:it%20ends\r\ngrpc-status:{code}\r\n")));
        let data = if is_text { base64(&data) } else { data };
        let mut cuts: Vec<_> = cuts.drain(..).map(|cut| cut.index(data.len())).collect();
        cuts.extend([0, data.len()]);
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|cut| data[cut[0]..cut[1]].to_vec()).collect();
        let counted = counts_as(if is_text { TEXT } else { WEB }, &pieces).now_or_never();
        let is_failure = matches!(code, 1 | 2 | 4 | 8 | 13 | 14 | 15);
        prop_assert_eq!(counted, Some(Some(!is_failure)));
    }

    #[test]
    fn no_garbage_panics(
        data in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..16),
        is_text in any::<bool>(),
    ) {
        let counted = counts_as(if is_text { TEXT } else { WEB }, &data).now_or_never();
        prop_assert!(matches!(counted, Some(Some(_))));
    }
}
