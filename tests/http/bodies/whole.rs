//! Bodies that are whole in memory.

use bytes::Bytes;
use futures_util::FutureExt;
use http_body::Body;
use http_body_util::{BodyExt, Full};
use palisade::http::ReplayBody;
use tower::BoxError;

const CAP: usize = 1000;

/// The next frame, which is there.
fn next<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Option<Result<Bytes, B::Error>> {
    let frame = body.frame().now_or_never().expect("it is not waited for")?;
    Some(frame.map(|frame| frame.into_data().expect("there are no trailers")))
}

fn is_of<B>(body: &mut ReplayBody<B>, data: &Bytes) -> bool
where
    B: Body<Error: Into<BoxError>> + Unpin,
{
    let sent = next(body).unwrap().unwrap();
    sent == data && sent.as_ptr() == data.as_ptr() && body.is_end_stream() && next(body).is_none()
}

#[test]
fn all_attempts_send_the_data_itself_and_no_copy() {
    let data = Bytes::from(vec![7; CAP]);
    let mut first = ReplayBody::new(Full::new(data.clone()), CAP);
    let mut second = first.clone();
    assert!(is_of(&mut first, &data) && second.reclaim() && is_of(&mut second, &data));
    let mut third = first.clone();
    assert!(third.reclaim() && is_of(&mut third, &data), "a clone of one that was sent");
    assert!(!first.reclaim());
}

#[test]
fn a_body_of_reqwest_in_memory_is_not_copied_either() {
    let data = Bytes::from(vec![7; CAP]);
    let mut first = ReplayBody::new(reqwest::Body::from(data.clone()), CAP);
    let mut second = first.clone();
    assert!(is_of(&mut first, &data) && second.reclaim() && is_of(&mut second, &data));
}

#[test]
fn what_is_beyond_the_cap_is_sent_once_also_from_memory() {
    let data = Bytes::from(vec![7; CAP + 1]);
    let mut first = ReplayBody::new(Full::new(data.clone()), CAP);
    let second = first.clone();
    assert!(is_of(&mut first, &data));
    assert!(!second.reclaim());
}
