//! Probes whose responses stream. The clock is paused.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use http_body_util::channel::Channel;
use palisade::http::{GuardedBody, Http, HttpClassifier};
use palisade::{Backoff, CircuitBreaker, CircuitGuard, CircuitHandle, Error, Phase, RejectionReason};
use tokio::time::sleep;
use tower::{Service, ServiceBuilder, service_fn};

use crate::circuit::{built, consecutive};
use crate::client::{Small, call};
use crate::patience::{ms, secs};
use crate::server::Sender;
use crate::support::reason;

type Streamed = Channel<Bytes, io::Error>;
type Held = GuardedBody<Streamed, CircuitGuard, HttpClassifier>;

/// A circuit that is open for a second, then half-open with one probe; what hangs is given up after 30 seconds.
struct Probed<S> {
    circuit: CircuitHandle,
    stack: CircuitBreaker<S, Http>,
    /// What sends the responses, the last one last.
    senders: Arc<Mutex<Vec<Sender>>>,
}

impl<S> Probed<S>
where
    S: Service<Request<Small>, Response = Response<Streamed>, Error = Error> + Clone,
{
    async fn call(&self) -> Result<Held, Error> {
        call(&self.stack, Request::default()).await.map(Response::into_body)
    }

    /// A probe whose head has come, and which takes the one place.
    async fn probe(&self) -> (Sender, Held) {
        sleep(secs(1)).await;
        let body = self.call().await.unwrap();
        assert_eq!(self.circuit.phase(), Phase::HalfOpen);
        assert_eq!(reason(&self.call().await), Some(RejectionReason::ProbesTaken));
        (self.senders.lock().unwrap().pop().unwrap(), body)
    }
}

/// The first response is a failure and opens the circuit; each other begins.
async fn opened() -> Probed<impl Service<Request<Small>, Response = Response<Streamed>, Error = Error> + Clone> {
    let (breaker, circuit) =
        built(consecutive(1).open_for(Backoff::constant(secs(1))).probes(1).half_open_for(secs(30)));
    let senders = Arc::<Mutex<Vec<Sender>>>::default();
    let all = Arc::clone(&senders);
    let service = service_fn(move |_: Request<Small>| {
        let (sender, body) = Channel::new(64);
        let mut all = all.lock().unwrap();
        let answer = Response::builder().status(if all.is_empty() { 500 } else { 200 }).body(body);
        all.push(sender);
        std::future::ready(Ok::<_, Error>(answer.unwrap()))
    });
    let probed = Probed { circuit, stack: ServiceBuilder::new().layer(breaker).service(service), senders };
    drop(probed.call().await.unwrap());
    assert_eq!(probed.circuit.phase(), Phase::Open);
    probed
}

#[derive(Clone, Copy, Debug)]
enum End {
    Whole,
    Broken,
    Dropped,
}

/// What a probe makes of the circuit when its body ends like this after so long. Another call may come before that.
async fn ended(after: Duration, is_asked: bool, end: End) -> Phase {
    let probed = opened().await;
    let (sender, mut body) = probed.probe().await;
    sleep(after).await;
    if is_asked {
        probed.call().await.unwrap();
    }
    match end {
        End::Whole => {
            drop(sender);
            assert!(body.frame().await.is_none());
        }
        End::Broken => {
            sender.abort(io::Error::other("broken"));
            body.frame().await.unwrap().unwrap_err();
        }
        End::Dropped => drop(body),
    }
    let (snapshot, is_free) = (probed.circuit.snapshot(), probed.call().await.is_ok());
    assert_eq!((snapshot.late, is_free), (0, snapshot.phase != Phase::Open));
    snapshot.phase
}

#[tokio::test(start_paused = true)]
async fn a_probe_settles_with_its_body_or_after_half_of_half_open_for() {
    for (after, is_asked, end, phase) in [
        (secs(1), false, End::Whole, Phase::Closed),
        (secs(1), false, End::Broken, Phase::Open),
        (secs(1), false, End::Dropped, Phase::Closed),
        (secs(16), false, End::Broken, Phase::Closed),
        (secs(16), true, End::Broken, Phase::Closed),
        (secs(16), true, End::Dropped, Phase::Closed),
    ] {
        assert_eq!(ended(after, is_asked, end).await, phase, "{end:?} after {after:?}, asked: {is_asked}");
    }
}

/// How its reader takes a body.
#[derive(Clone, Copy, Debug)]
enum Read {
    Drips,
    Silence,
    Nothing,
}

#[tokio::test(start_paused = true)]
async fn a_streaming_probe_succeeds_after_half_the_time_not_before() {
    for read in [Read::Drips, Read::Silence, Read::Nothing] {
        let probed = opened().await;
        let (mut sender, mut body) = probed.probe().await;
        let reading = tokio::spawn(async move {
            while let Read::Drips | Read::Silence = read {
                body.frame().await.unwrap().unwrap();
            }
            std::future::pending::<()>().await;
        });
        for pause in [ms(14_000), ms(998)] {
            sleep(pause).await;
            if let Read::Drips = read {
                sender.send_data(Bytes::from_static(b"drip")).await.unwrap();
            }
            probed.call().await.unwrap_err();
            assert_eq!(probed.circuit.phase(), Phase::HalfOpen, "{read:?}");
        }
        sleep(ms(4)).await;
        assert_eq!((probed.circuit.phase(), reading.is_finished()), (Phase::Closed, false), "{read:?}");
        reading.abort();
    }
}
