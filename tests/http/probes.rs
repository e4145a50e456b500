//! Probes whose answers stream. The clock is paused.

use std::{future::pending, sync::Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, channel::Channel};
use palisade::{
    Backoff, CircuitBreaker, CircuitGuard, CircuitHandle, Error, Phase, RejectionReason,
    http::{GuardedBody, Http, HttpClassifier},
};
use tokio::time::sleep;
use tower::{Service, ServiceBuilder, service_fn};

use crate::{
    circuit::consecutive,
    client::{Small, call, ms, secs},
    server::Sender,
};

type Streamed = Channel<Bytes, std::io::Error>;
type Held = Response<GuardedBody<Streamed, CircuitGuard, HttpClassifier>>;

/// A circuit that is open for a second, then half-open with one probe; what hangs is given up after 30 seconds.
struct Probed<S> {
    circuit: CircuitHandle,
    stack: CircuitBreaker<S, Http>,
}

impl<S> Probed<S>
where
    S: Service<Request<Small>, Response = Response<Streamed>, Error = Error> + Clone,
{
    async fn call(&self) -> Result<Held, Error> {
        call(&self.stack, Request::default()).await
    }

    /// A probe whose head has come.
    async fn probe(&self) -> Held {
        sleep(secs(1)).await;
        let answer = self.call().await.unwrap();
        assert_eq!(self.circuit.phase(), Phase::HalfOpen);
        answer
    }
}

/// The first answer is a failure and opens the circuit; each other begins, and leaves its sender here.
async fn opened(
    senders: &'static Mutex<Vec<Sender>>,
) -> Probed<impl Service<Request<Small>, Response = Response<Streamed>, Error = Error, Future: Send> + Clone> {
    let breaker =
        consecutive(1).open_for(Backoff::constant(secs(1))).probes(1).half_open_for(secs(30)).build().unwrap();
    let circuit = breaker.handle();
    let service = service_fn(move |_: Request<Small>| {
        let (sender, body) = Channel::new(64);
        let mut answer = Response::new(body);
        let mut senders = senders.lock().unwrap();
        if senders.is_empty() {
            *answer.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        }
        senders.push(sender);
        std::future::ready(Ok::<_, Error>(answer))
    });
    let probed = Probed { circuit, stack: ServiceBuilder::new().layer(breaker).service(service) };
    drop(probed.call().await.unwrap());
    assert_eq!(probed.circuit.phase(), Phase::Open);
    probed
}

fn senders() -> &'static Mutex<Vec<Sender>> {
    Box::leak(Box::default())
}

async fn drip(senders: &Mutex<Vec<Sender>>) {
    let mut sender = senders.lock().unwrap().pop().unwrap();
    sender.send_data(Bytes::from_static(b"drip")).await.ok();
    senders.lock().unwrap().push(sender);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_still_streams_after_half_of_half_open_for_is_a_success_and_not_before() {
    let senders = senders();
    let probed = opened(senders).await;
    let mut body = probed.probe().await.into_body();
    for second in 1..=15 {
        sleep(if second == 15 { ms(999) } else { secs(1) }).await;
        drip(senders).await;
        body.frame().await.unwrap().unwrap();
        assert_eq!(probed.circuit.phase(), Phase::HalfOpen, "{second} s");
    }
    sleep(ms(2)).await;
    drip(senders).await;
    body.frame().await.unwrap().unwrap();
    assert_eq!(probed.circuit.phase(), Phase::Closed);
    // What comes later is settled already.
    senders.lock().unwrap().pop().unwrap().abort(std::io::Error::other("broken"));
    body.frame().await.unwrap().unwrap_err();
    assert_eq!((probed.circuit.phase(), probed.circuit.snapshot().late), (Phase::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_silent_is_a_success_then_too_read_or_not() {
    for is_read in [true, false] {
        let senders = senders();
        let probed = opened(senders).await;
        let mut body = probed.probe().await.into_body();
        let reading = tokio::spawn(async move { if is_read { body.frame().await.map(drop) } else { pending().await } });
        sleep(ms(14_998)).await;
        probed.call().await.unwrap_err();
        assert_eq!(probed.circuit.phase(), Phase::HalfOpen);
        sleep(ms(4)).await;
        assert_eq!((probed.circuit.phase(), reading.is_finished()), (Phase::Closed, false));
        reading.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_body_breaks_soon_opens_the_circuit_again() {
    let senders = senders();
    let probed = opened(senders).await;
    let mut body = probed.probe().await.into_body();
    senders.lock().unwrap().pop().unwrap().abort(std::io::Error::other("broken"));
    body.frame().await.unwrap().unwrap_err();
    assert_eq!(probed.circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_body_ends_soon_closes_the_circuit_then() {
    let senders = senders();
    let probed = opened(senders).await;
    let mut body = probed.probe().await.into_body();
    drip(senders).await;
    body.frame().await.unwrap().unwrap();
    assert_eq!(probed.circuit.phase(), Phase::HalfOpen);
    drop(senders.lock().unwrap().pop());
    assert!(body.frame().await.is_none());
    assert_eq!(probed.circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_body_is_dropped_half_way_gives_its_place_back() {
    let senders = senders();
    let probed = opened(senders).await;
    let answer = probed.probe().await;
    let reason = |error: Error| error.rejection().map(palisade::Rejection::reason);
    assert_eq!(probed.call().await.map(drop).map_err(reason), Err(Some(RejectionReason::ProbesTaken)));
    drop(answer);
    assert_eq!(probed.circuit.phase(), Phase::HalfOpen);
    probed.call().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_was_counted_while_it_streamed_is_not_late_when_it_ends() {
    let senders = senders();
    let probed = opened(senders).await;
    let unread = probed.probe().await;
    sleep(secs(16)).await;
    // The next call finds it.
    probed.call().await.unwrap();
    drop(unread);
    let snapshot = probed.circuit.snapshot();
    assert_eq!((snapshot.phase, snapshot.late, snapshot.counts.calls), (Phase::Closed, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_streams_for_long_enough_is_a_success_even_when_it_breaks_before_anybody_calls() {
    let senders = senders();
    let probed = opened(senders).await;
    let mut body = probed.probe().await.into_body();
    sleep(secs(16)).await;
    senders.lock().unwrap().pop().unwrap().abort(std::io::Error::other("broken"));
    body.frame().await.unwrap().unwrap_err();
    assert_eq!((probed.circuit.phase(), probed.circuit.snapshot().late), (Phase::Closed, 0));
}
