//! Circuits behind a balancer, which asks who is ready.

use std::future::poll_fn;
use std::iter::repeat;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Wake, Waker};

use palisade::call::{Guard, Hold};
use palisade::circuit_breaker::{Readiness, ReadinessLayer};
use tokio_test::task::{Spawn, spawn};
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, Load, PendingRequests};

use super::*;

type Balanced = Readiness<palisade::CircuitBreaker<Strict<fn(Answer) -> Ready<Answer>>>>;

/// A circuit, and a service that is not ready while the circuit would reject calls.
fn balanced(builder: CircuitBreakerBuilder) -> (CircuitHandle, Balanced) {
    let breaker = builder.build().expect("it is legal");
    let circuit = breaker.handle();
    (circuit.clone(), ServiceBuilder::new().layer(ReadinessLayer::new(circuit)).layer(breaker).service(echo()))
}

/// Polls a service for readiness, each time that it is asked to.
fn readiness(service: &mut Balanced) -> Spawn<impl Future<Output = Result<(), Error>>> {
    spawn(poll_fn(move |cx| Service::<Answer>::poll_ready(service, cx)))
}

/// Counts how often a service is polled for readiness, and how often it is called.
struct Counted<S> {
    inner: S,
    polls: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl<S: Service<Request>, Request> Service<Request> for Counted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.polls.fetch_add(1, SeqCst);
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.calls.fetch_add(1, SeqCst);
        self.inner.call(request)
    }
}

impl<S: Load> Load for Counted<S> {
    type Metric = S::Metric;

    fn load(&self) -> S::Metric {
        self.inner.load()
    }
}

#[tokio::test(start_paused = true)]
async fn a_balancer_asks_the_endpoint_that_is_up() {
    const CALLS: usize = 6_000;
    let endpoint = |seed, is_up| {
        let breaker = builder().seed(seed).build().unwrap();
        let circuit = breaker.handle();
        let service = strict(move |()| async move {
            if is_up {
                sleep(20 * MILLI).await;
            }
            is_up.then_some(()).ok_or(Down(1))
        });
        let service = ServiceBuilder::new().layer(ReadinessLayer::new(circuit.clone())).layer(breaker).service(service);
        (circuit, PendingRequests::new(service, CompleteOnResponse::default()))
    };
    let (polls, calls) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let ((_, up), (circuit, down)) = (endpoint(1, true), endpoint(2, false));
    let counted =
        |inner, polls: &Arc<_>, calls: &Arc<_>| Counted { inner, polls: Arc::clone(polls), calls: Arc::clone(calls) };
    let up = counted(up, &Arc::default(), &Arc::default());
    let down = counted(down, &polls, &calls);
    let mut balance = Balance::new(ServiceList::new::<()>([up, down]));
    for _ in 0..CALLS {
        tokio::spawn(balance.ready().await.unwrap().call(()));
        sleep(10 * MILLI).await;
    }
    let (calls, polls) = (calls.load(SeqCst), polls.load(SeqCst));
    assert!(calls > 20 && calls * 50 <= CALLS, "{calls} calls went to the endpoint that is down");
    assert_eq!(circuit.snapshot().rejected, 0);
    // A call costs two polls, one that finds it ready and one just before the call. Each open time costs one that pends.
    assert!(polls <= 3 * calls, "{polls} polls for {calls} calls");
}

#[tokio::test(start_paused = true)]
async fn it_sleeps_until_the_open_time_is_over() {
    let (circuit, mut service) = balanced(touchy());
    fail(&circuit, 1);
    let start = now();
    let mut polls = 0;
    poll_fn(|cx| {
        polls += 1;
        Service::<Answer>::poll_ready(&mut service, cx)
    })
    .await
    .unwrap();
    assert_eq!((now() - start, polls), (SECOND, 2));
    assert_eq!(service.call(Ok(7)).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_lets_calls_pass_by_hand_wakes_it() {
    let open: [fn(&CircuitHandle); 2] = [CircuitHandle::force_open, |circuit| fail(circuit, 1)];
    for open in open {
        for close in [CircuitHandle::reset, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
            let (circuit, mut service) = balanced(touchy());
            open(&circuit);
            let mut ready = readiness(&mut service);
            assert!(ready.poll().is_pending() && !ready.is_woken());
            close(&circuit);
            assert!(ready.is_woken() && ready.poll().is_ready());
        }
    }
}

/// How a probe ends, and whether the next call passes.
type Row = (&'static str, fn(CircuitGuard), bool);

#[tokio::test(start_paused = true)]
async fn a_place_and_a_decision_wake_it_where_probes_hold_all_places() {
    let ends: [Row; 5] = [
        ("abandoned", drop, true),
        ("ignored", |probe| probe.settle(Outcome::Ignored), true),
        ("a success", CircuitGuard::success, true),
        ("a panic", |probe| assert!(panics(move || with_a_panic(probe))), true),
        ("a failure", CircuitGuard::failure, false),
    ];
    for (label, end, is_ready) in ends {
        let (circuit, mut service) = balanced(touchy());
        recover(&circuit).await;
        let probe = enter(&circuit);
        let mut ready = readiness(&mut service);
        assert!(ready.poll().is_pending() && !ready.is_woken(), "{label}");
        end(probe);
        assert!(ready.is_woken(), "{label}");
        assert_eq!(ready.poll().is_ready(), is_ready, "{label}");
    }
}

fn with_a_panic(probe: CircuitGuard) {
    let _probe = probe;
    panic!("with a probe");
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_when_the_probes_had_no_answer_for_long() {
    let (circuit, mut service) = balanced(touchy().half_open_for(10 * SECOND));
    recover(&circuit).await;
    let (_probe, start) = (enter(&circuit), now());
    ServiceExt::<Answer>::ready(&mut service).await.unwrap();
    assert_eq!(now() - start, 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_when_a_probe_has_streamed_for_long_enough() {
    let (circuit, mut service) = balanced(touchy().half_open_for(10 * SECOND));
    recover(&circuit).await;
    let (mut probe, start) = (enter(&circuit), now());
    let ready = async {
        ServiceExt::<Answer>::ready(&mut service).await.unwrap();
        now() - start
    };
    let mut ready = spawn(Box::pin(ready));
    assert!(ready.poll().is_pending());
    assert_eq!(probe.head(Outcome::Success, false), Hold::ToTheEnd);
    assert!(ready.is_woken());
    assert_eq!(ready.into_inner().await, 5 * SECOND);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn where_calls_pass_it_is_ready_when_the_inner_service_is() {
    let (breaker, gate) =
        (touchy().build().unwrap(), up::<()>().readiness([Poll::Pending, READY].into_iter().chain(repeat(FAILS))));
    let mut service = ReadinessLayer::new(breaker.handle()).layer(breaker.layer(gate.clone()));
    let polled = [(); 3].map(|()| poll_ready(&mut service).map(|ready| ready.is_ok()));
    assert_eq!((polled, gate.polls().count()), ([Poll::Pending, Poll::Ready(true), Poll::Ready(false)], 3));
}

/// A waker that tells whether somebody has it.
struct Kept;

impl Wake for Kept {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn who_waits_no_more_leaves_no_waker_behind() {
    let (circuit, mut service) = balanced(touchy());
    circuit.force_open();
    let kept = Arc::new(Kept);
    let waker = Waker::from(Arc::clone(&kept));
    let cx = &mut Context::from_waker(&waker);
    let mut clone = service.clone();
    for _ in 0..3 {
        assert!(Service::<Answer>::poll_ready(&mut service, cx).is_pending());
        assert!(Service::<Answer>::poll_ready(&mut clone, cx).is_pending());
    }
    // This one, that of the test, and one for each service.
    assert_eq!(Arc::strong_count(&kept), 4);
    drop(clone);
    assert_eq!(Arc::strong_count(&kept), 3);
    circuit.reset();
    assert_eq!(Arc::strong_count(&kept), 2);
    assert!(Service::<Answer>::poll_ready(&mut service, cx).is_ready());
}
