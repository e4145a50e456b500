//! A limit on the pauses of a body, beside a limit for the whole or without one.

use std::iter::repeat_n;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use palisade::call::{End, Plain};
use palisade::http::BetweenFrames;
use palisade::timeout::Countdown;
use palisade::{BulkheadLayer, Elapsed, Error, Phase, TimeoutLayer};
use tokio::time::sleep;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::circuit::{built, consecutive, counting};
use crate::client::{Small, call, client, get, on_both};
use crate::patience::{HOUR, eventually, ms, secs, soon};
use crate::server::{Server, reply, silence, stream as begun};
use crate::support::now;

/// A limit on the head alone, and one on the pauses of the body.
fn patient(pause: Duration) -> TimeoutLayer<Duration, BetweenFrames<Plain>> {
    TimeoutLayer::new(secs(3)).between_frames(pause)
}

/// A body that has a frame after each of these times, and then none for ever.
struct Paced {
    frames: Pin<Box<dyn Body<Data = Bytes, Error = Error> + Send>>,
    polls: Arc<AtomicUsize>,
}

impl Paced {
    fn new(frames_after: impl IntoIterator<Item = Duration, IntoIter: Send + 'static>) -> Self {
        let frames = stream::iter(frames_after).then(async |after| {
            sleep(after).await;
            Ok(Frame::data(Bytes::from_static(b".")))
        });
        Self { frames: Box::pin(StreamBody::new(frames.chain(stream::pending()))), polls: Arc::default() }
    }

    /// A body that has as many frames at once.
    fn ready(frames: usize) -> Self {
        Self::new(repeat_n(Duration::ZERO, frames))
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.polls.fetch_add(1, SeqCst);
        self.frames.as_mut().poll_frame(cx)
    }
}

/// The body of a response with this body, under this layer.
async fn body<E, B>(layer: TimeoutLayer<Duration, E>, paced: Paced) -> B
where
    E: End<Countdown, Response<Paced>, Response = Response<B>> + Clone,
{
    let mut paced = Some(paced);
    let service = service_fn(move |_: Request<Small>| {
        let response = Response::new(paced.take().unwrap());
        async { Ok::<_, Error>(response) }
    });
    layer.layer(service).oneshot(get("/")).await.unwrap().into_body()
}

/// Reads as many frames as come, and gives their number and what ended them.
async fn read<B: Body<Error = Error> + Unpin>(body: &mut B) -> (usize, Elapsed) {
    let mut frames = 0;
    loop {
        match body.frame().await.expect("it does not just end") {
            Ok(_) => frames += 1,
            Err(error) => return (frames, error.elapsed().expect("it timed out")),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_may_take_as_long_as_it_likes_and_not_pause_for_long() {
    for frames in [0, 1, 1000] {
        let begun = now();
        let mut body = body(patient(secs(30)), Paced::new(repeat_n(secs(29), frames))).await;
        let (came, elapsed) = read(&mut body).await;
        let over_at = secs(29 * frames as u64 + 30);
        assert!((over_at..over_at + ms(5 * frames as u64 + 5)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        assert_eq!((came, elapsed.limit(), elapsed.between_frames()), (frames, secs(30), true));
        assert!(!elapsed.by_caller() && elapsed.was_sent());
        assert!(body.frame().await.is_none() && body.is_end_stream(), "it is over once");
    }
}

#[tokio::test(start_paused = true)]
async fn its_error_tells_the_pause_and_its_limit() {
    let (_, elapsed) = read(&mut body(patient(secs(30)), Paced::ready(0)).await).await;
    assert_eq!(
        Error::TimedOut(elapsed).to_string(),
        "timed out after a pause of 30s between frames, of 30s; it may have been acted on"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_its_time_is_no_pause_of_the_body() {
    let mut body = body(patient(secs(30)), Paced::ready(10)).await;
    for _ in 0..10 {
        sleep(HOUR).await;
        body.frame().await.unwrap().unwrap();
    }
    sleep(HOUR).await;
    let begun = now();
    let (_, elapsed) = read(&mut body).await;
    assert!((secs(30)..secs(31)).contains(&begun.elapsed()), "it runs from the poll that pended");
    assert!((secs(30)..secs(31)).contains(&elapsed.elapsed()), "{elapsed}");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_came_while_nobody_looked_is_read() {
    let mut body = body(patient(secs(30)), Paced::new([secs(20), HOUR])).await;
    assert!(futures_util::poll!(pin!(body.frame())).is_pending());
    sleep(HOUR).await;
    body.frame().await.unwrap().unwrap();
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn beside_a_limit_for_the_whole_the_nearer_ends_the_body() {
    for (limit, frames, ended) in [(secs(100), 20, (10, false)), (secs(100), 5, (5, true)), (secs(3), 20, (0, false))] {
        let layer = TimeoutLayer::http(limit).between_frames(secs(30));
        let mut body = body(layer, Paced::new(repeat_n(ms(9_990), frames))).await;
        let (came, elapsed) = read(&mut body).await;
        assert_eq!((came, elapsed.between_frames()), ended, "{limit:?}, {frames} frames");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_zero_ends_what_is_not_there_at_once() {
    let begun = now();
    assert_eq!(read(&mut body(patient(Duration::ZERO), Paced::ready(3)).await).await.0, 3);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_busy_stream_sets_its_timer_once_in_a_limit() {
    let paced = Paced::new(repeat_n(ms(700), 130));
    let polls = Arc::clone(&paced.polls);
    let mut body = body(patient(secs(30)), paced).await;
    for _ in 0..130 {
        body.frame().await.unwrap().unwrap();
    }
    // A poll that pends and one that is ready for each frame, and one for each time that the timer fired too early.
    assert_eq!(polls.load(SeqCst), 130 * 2 + 3);
}

#[tokio::test(start_paused = true)]
async fn too_long_a_pause_is_a_failure_unless_slowness_forbids_it() {
    for (slow_after, failures) in [(None, 1), (Some(secs(60)), 1), (Some(secs(70)), 0)] {
        let breaker = counting();
        let (breaker, circuit) =
            built(slow_after.into_iter().fold(breaker, |breaker, after| breaker.slow_rate(1.0, after)));
        let service = service_fn(|_: Request<Small>| async {
            Ok::<_, Error>(Response::new(Paced::new([secs(20), secs(15), Duration::ZERO])))
        });
        let layers = ServiceBuilder::new().layer(patient(secs(30))).layer(breaker);
        let mut body = layers.service(service).oneshot(get("/")).await.unwrap().into_body();
        assert_eq!(read(&mut body).await.0, 3);
        assert_eq!(circuit.snapshot().counts.failures, failures, "{slow_after:?}");
    }
}

#[tokio::test]
async fn a_stream_that_stalls_is_over_and_a_failure_and_lets_all_go() {
    on_both(async |wire| {
        for limit in [HOUR, secs(2)] {
            let server = Server::start(|_, _| reply(silence(200))).await;
            let (bulkhead, (breaker, circuit)) = (BulkheadLayer::http(1).build().unwrap(), built(consecutive(1)));
            let places = bulkhead.handle();
            let layers = ServiceBuilder::new()
                .layer(TimeoutLayer::http(limit).between_frames(ms(300)))
                .layer(bulkhead)
                .layer(breaker);
            let stack = layers.service(client::<Small>(wire));
            let mut body = call(&stack, get(server.uri("/"))).await.unwrap().into_body();
            assert_eq!((places.in_flight(), circuit.phase()), (1, Phase::Closed));
            let (_, elapsed) = soon(read(&mut body)).await;
            assert!(elapsed.between_frames() && elapsed.elapsed() >= ms(300), "{elapsed}");
            assert_eq!((places.in_flight(), circuit.phase()), (0, Phase::Open));
            eventually("the server notices", || server.streaming() == 0).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_drips_lasts_longer_than_the_limits_on_head_and_pause() {
    on_both(async |wire| {
        let server = Server::start(|_, _| {
            let (mut sender, response) = begun(200, &["drip"]);
            tokio::spawn(async move {
                for _ in 0..5 {
                    sleep(ms(500)).await;
                    sender.send_data(Bytes::from_static(b"drip")).await.ok();
                }
            });
            reply(response)
        })
        .await;
        let (breaker, circuit) = built(counting());
        let layers = ServiceBuilder::new().layer(TimeoutLayer::new(secs(2)).between_frames(secs(2))).layer(breaker);
        let response = call(&layers.service(client::<Small>(wire)), get(server.uri("/"))).await.unwrap();
        let text = soon(response.into_body().collect()).await.unwrap().to_bytes();
        assert_eq!((text.len(), circuit.snapshot().counts.failures), (6 * "drip".len(), 0));
    })
    .await;
}
