//! Limits of a user's own: one that waits, and an end that samples how long the service took.

use std::convert::Infallible;
use std::future::Ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use palisade::call::{AdmissionLayer, Admit, End, Guard, Plain, Wait, settle};
use palisade::event::{Kind, Source};
use palisade::test_util::EventLog;
use palisade::timeout::Countdown;
use palisade::{Deadline, DefaultClassifier, Error, Name, Outcome, Rejection, RejectionReason, TimeoutLayer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::time::{SECOND, elapsed};
use crate::support::{now, strict};

/// Takes a second for each call.
async fn slow((): ()) -> Result<(), Infallible> {
    sleep(SECOND).await;
    Ok(())
}

/// Lets calls wait for a permit, until the semaphore is closed.
#[derive(Clone)]
struct Permits(Arc<Semaphore>);

struct Permit(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

impl Guard for Permit {}

impl<Request> Wait<Request> for Permits {
    type Guard = Permit;
    type Waiting = Pin<Box<dyn Future<Output = Result<Permit, Rejection>>>>;

    fn wait(&self, _: &Request) -> Result<Self::Waiting, Rejection> {
        let permit = Arc::clone(&self.0).acquire_owned();
        let source = Source::new(Kind::Custom, Name::new("permits").expect("it is short"));
        let closed = move |_| source.reject(None);
        Ok(Box::pin(async move { permit.await.map(Permit).map_err(closed) }))
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_ones_own_may_let_calls_wait() {
    let permits = Permits(Arc::new(Semaphore::new(1)));
    let layer = AdmissionLayer::in_turn(permits.clone(), Plain::new(DefaultClassifier));
    let service = layer.layer(service_fn(slow));
    let began = now();
    let (first, second) = tokio::join!(service.clone().oneshot(()), service.clone().oneshot(()));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(began.elapsed(), 2 * SECOND);
    permits.0.close();
    assert!(matches!(service.oneshot(()).await, Err(Error::Rejected(_))));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_got_a_permit_at_its_deadline_is_not_sent() {
    let permits = Permits(Arc::new(Semaphore::new(1)));
    let layer = AdmissionLayer::in_turn(permits.clone(), Plain::new(DefaultClassifier));
    let service = strict(slow);
    let calls = service.calls();
    let service = layer.layer(service);
    let held = permits.0.acquire().await.unwrap();
    let mut call = task::spawn(Deadline::after(SECOND).scope(service.oneshot(())));
    assert_pending!(call.poll());
    advance(SECOND).await;
    drop(held);
    assert!(!elapsed(assert_ready!(call.poll())).was_sent());
    assert_eq!((calls.count(), permits.0.available_permits()), (0, 1));
}

/// Samples of what calls meant, and whether they pended.
type Samples = Arc<Mutex<Vec<(Outcome, bool)>>>;

#[derive(Clone, Default)]
struct Sampler(Samples);

struct Sample {
    pended: bool,
    samples: Samples,
}

impl<Request> Admit<Request> for Sampler {
    type Guard = Sample;

    fn admit(&self, _: &Request) -> Result<Sample, Rejection> {
        Ok(Sample { pended: false, samples: Arc::clone(&self.0) })
    }
}

impl Guard for Sample {
    fn polled(&mut self, is_pending: bool) {
        self.pended |= is_pending;
    }

    fn settle(self, outcome: Outcome) {
        self.samples.lock().expect("nobody panicked with it").push((outcome, self.pended));
    }
}

/// Ends calls by a number that their response has.
#[derive(Clone)]
struct ByNumber;

impl<G: Guard> End<G, u32> for ByNumber {
    type Response = String;

    fn answered(self, guard: G, response: u32) -> String {
        guard.settle(if response == 0 { Outcome::Failed } else { Outcome::Success });
        response.to_string()
    }

    fn failed(self, guard: G, error: &Error) {
        settle::<_, u32>(guard, &DefaultClassifier, Err(error));
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_of_ones_own_settles_calls_and_makes_responses() {
    let sampler = Sampler::default();
    let service = AdmissionLayer::of(sampler.clone(), ByNumber).layer(service_fn(|n: u32| async move {
        sleep(SECOND).await;
        if n < 7 { Ok(n) } else { Err(Error::from(rejected())) }
    }));
    assert_eq!(service.clone().oneshot(0).await.unwrap(), "0");
    assert_eq!(service.clone().oneshot(1).await.unwrap(), "1");
    assert!(service.oneshot(7).await.is_err());
    let taken = sampler.0.lock().unwrap().clone();
    // What another limit rejects is not sent, and so no sample.
    assert_eq!(taken, [(Outcome::Failed, true), (Outcome::Success, true)]);
}

/// A rejection of some limit.
fn rejected() -> Rejection {
    Source::new(Kind::Custom, Name::new("inner").expect("it is short")).reject(None)
}

/// Says at every poll that it refuses, and lets every call pass.
#[derive(Clone)]
struct Fickle<const MAY_REFUSE: bool>;

struct Passes;

impl Guard for Passes {}

impl<Request, const MAY_REFUSE: bool> Admit<Request> for Fickle<MAY_REFUSE> {
    type Guard = Passes;

    const MAY_REFUSE: bool = MAY_REFUSE;

    fn admit(&self, _: &Request) -> Result<Passes, Rejection> {
        Ok(Passes)
    }

    fn is_refusing(&self) -> bool {
        true
    }
}

#[test]
fn a_service_that_is_not_ready_is_never_called() {
    let gate = |limit| AdmissionLayer::of(limit, Plain::new(DefaultClassifier)).layer(NeverReady);
    let mut service = gate(Fickle::<true>);
    assert!(assert_ready!(task::spawn(service.ready()).poll()).is_ok());
    let mut call = task::spawn(service.call(()));
    assert!(matches!(assert_ready!(call.poll()), Err(Error::Rejected(_))));

    let gate = |limit| AdmissionLayer::of(limit, Plain::new(DefaultClassifier)).layer(NeverReady);
    let mut service = gate(Fickle::<false>);
    assert!(task::spawn(service.ready()).poll().is_pending());
}

#[derive(Default)]
struct Alarmed {
    is_told: bool,
}

impl Guard for Alarmed {
    fn panicked(&mut self) {
        self.is_told = true;
    }
}

#[test]
fn a_watch_that_is_dropped_before_it_is_over_tells_of_a_panic() {
    let mut guard = Alarmed::default();
    guard.watch().over();
    assert!(!guard.is_told);
    drop(guard.watch());
    assert!(guard.is_told);
}

#[test]
fn a_guard_without_a_rejection_rejects_as_not_ready_and_tells_it() {
    let events = EventLog::of_thread();
    let mut service = AdmissionLayer::of(Fickle::<true>, Plain::new(DefaultClassifier)).layer(NeverReady);
    let error = assert_ready!(task::spawn(service.call(())).poll()).unwrap_err();
    assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::NotReady));
    assert_eq!(error.to_string(), "custom `limit` rejected the call: the service below is not ready");
    let told = events.of("palisade::custom");
    assert_eq!([told[0].field("name"), told[0].field("reason")], ["limit", "not_ready"]);
}

/// Is never ready, and panics when it is called.
#[derive(Clone)]
struct NeverReady;

impl Service<()> for NeverReady {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, (): ()) -> Self::Future {
        panic!("it was not ready")
    }
}

/// A response that goes on, and keeps the countdown of its call.
struct Rest {
    countdown: Countdown,
    sleep: Pin<Box<Option<Sleep>>>,
    gone: bool,
}

impl Future for Rest {
    type Output = Error;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Error> {
        let Self { countdown, sleep, gone } = &mut *self;
        let seen = countdown.run(Deadline::current).expect("the limit is around");
        assert_eq!(seen, countdown.deadline());
        countdown.poll_over(sleep.as_mut(), cx, || *gone = true)
    }
}

/// Ends a call with the rest of its response.
#[derive(Clone)]
struct ByRest;

impl<Response> End<Countdown, Response> for ByRest {
    type Response = Rest;

    fn answered(self, countdown: Countdown, _: Response) -> Rest {
        Rest { countdown, sleep: Box::pin(None), gone: false }
    }

    fn failed(self, _: Countdown, _: &Error) {}
}

#[tokio::test(start_paused = true)]
async fn an_end_of_ones_own_may_keep_the_countdown() {
    let began = now();
    let service = TimeoutLayer::new(3 * SECOND).end(ByRest).layer(service_fn(slow));
    let mut rest = service.oneshot(()).await.unwrap();
    let error = (&mut rest).await;
    assert!(error.is_timeout() && rest.gone, "{error}");
    assert_eq!(began.elapsed(), 3 * SECOND);
}
