//! Calls that are made within a deadline.

use super::*;

/// The request of one that waits for 3 s by its header and for 2 s by its extensions.
fn patient(header: u64, extension: u64) -> Request<()> {
    let mut request = with(&MILLIS, &[&(header * 1000).to_string()]);
    request.extensions_mut().insert(Deadline::after(Duration::from_secs(extension)));
    request
}

#[tokio::test(start_paused = true)]
async fn the_nearest_of_header_extension_and_surroundings_counts() {
    for (header, extension, around) in [(1, 2, 3), (2, 1, 3), (3, 2, 1), (1, 1, 1), (2, 3, 1)] {
        let call = in_millis().layer(see(&MILLIS)).oneshot(patient(header, extension));
        let seen = Deadline::after(Duration::from_secs(around)).scope(call).await.unwrap();
        assert_eq!(said::<_, Seen>(seen), Seen::all(SECOND, "1000"), "{header} {extension} {around}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_is_what_is_written() {
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(in_millis());
    let seen = stack.service(see(&MILLIS)).oneshot(patient(3, 2)).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(SECOND, "1000"));
}

#[tokio::test(start_paused = true)]
async fn the_time_runs_from_the_call_and_not_from_the_first_poll() {
    let mut service = in_millis()
        .layer(strict(|_: Request<()>| async { Ok::<_, Error>(saying(Deadline::current().map(Deadline::remaining))) }));
    let call = service.ready().await.unwrap().call(with(&MILLIS, &["3000"]));
    tokio::time::advance(SECOND).await;
    assert_eq!(said::<_, Option<Duration>>(call.await.unwrap()), Some(2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn every_poll_runs_within_the_deadline() {
    let service = in_millis().layer(strict(|_: Request<()>| async {
        tokio::time::sleep(SECOND).await;
        Ok::<_, Error>(saying(Deadline::current().map(Deadline::remaining)))
    }));
    let call = tokio::spawn(service.oneshot(with(&MILLIS, &["3000"])));
    assert_eq!(said::<_, Option<Duration>>(call.await.unwrap().unwrap()), Some(2 * SECOND));
    assert_eq!(Deadline::current(), None);
}

/// Says with its one frame what it is polled under.
struct Asking(bool);

impl http_body::Body for Asking {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let says = || http_body::Frame::data(format!("{:?}", Deadline::current().map(Deadline::remaining)).into());
        Poll::Ready((!mem::replace(&mut self.0, true)).then(|| Ok(says())))
    }
}

#[tokio::test(start_paused = true)]
async fn every_frame_of_the_answer_is_made_within_the_deadline() {
    let service = in_millis().layer(strict(|_: Request<()>| ready(Ok::<_, Error>(Response::new(Asking(false))))));
    let body = service.oneshot(with(&MILLIS, &["3000"])).await.unwrap().into_body();
    tokio::time::advance(SECOND).await;
    assert_eq!(body.collect().await.unwrap().to_bytes(), "Some(2s)");
    assert_eq!(Deadline::current(), None);
}

/// A call that is too late, and whether its service was called.
async fn late(layer: DeadlineLayer, request: Request<()>) -> (Elapsed, usize) {
    let inner = see(&MILLIS);
    let calls = inner.calls();
    let error = layer.layer(inner).oneshot(request).await.unwrap_err();
    (*error.elapsed().unwrap(), calls.count())
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_is_not_sent() {
    let mut past = Request::new(());
    past.extensions_mut().insert(Deadline::after(SECOND));
    tokio::time::advance(2 * SECOND).await;
    let over =
        [(in_millis(), with(&MILLIS, &["0"])), (DeadlineLayer::grpc(), with(&GRPC, &["0n"])), (in_millis(), past)];
    for (layer, request) in over {
        let (elapsed, calls) = late(layer, request).await;
        assert_eq!((elapsed.limit(), elapsed.elapsed(), calls), (Duration::ZERO, Duration::ZERO, 0));
        assert!(elapsed.by_caller());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_with_no_whole_unit_left_is_not_sent() {
    let left = Duration::from_micros(999);
    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline::after(left));
    let (elapsed, calls) = late(in_millis(), request.clone()).await;
    assert_eq!((elapsed.limit(), elapsed.by_caller(), calls), (left, true, 0));
    assert!(DeadlineLayer::grpc().layer(see(&GRPC)).oneshot(request).await.is_ok());
}

type Hang = fn(Request<()>) -> Pending<Result<Response<()>, Error>>;

/// A breaker over a service that never answers, and what calls it.
fn hung() -> (CircuitBreakerLayer, Strict<Hang>, Calls) {
    let layer = CircuitBreakerLayer::consecutive(1);
    let service: Strict<Hang> = strict(|_| pending());
    let calls = service.calls();
    (layer, service, calls)
}

/// How a call ends that hangs under this stack, and whether that opens the circuit.
macro_rules! hang {
    ($request:expr; $($layer:expr),+) => {{
        let (breaker, service, calls) = hung();
        let handle = breaker.handle();
        let stack = ServiceBuilder::new()$(.layer($layer))+.layer(breaker);
        let error = stack.service(service).oneshot($request).await.unwrap_err();
        assert_eq!(calls.count(), 1);
        (*error.elapsed().unwrap(), handle.phase())
    }};
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_stays_our_own_and_its_end_counts() {
    let (elapsed, phase) =
        hang!(Request::new(()); TimeoutLayer::new(SECOND), in_millis(), TimeoutLayer::new(5 * SECOND));
    assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (SECOND, false, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_stays_our_own_through_a_header_that_rounds_it_down() {
    let limit = SECOND + Duration::from_micros(900);
    let five = TimeoutLayer::new(5 * SECOND);
    let (elapsed, phase) = hang!(Request::new(()); TimeoutLayer::new(limit), in_millis(), in_millis(), five);
    assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (limit, false, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_header_is_the_callers_own_deadline_and_opens_no_circuit() {
    let request = with(&MILLIS, &["500"]);
    let (elapsed, phase) = hang!(request; TimeoutLayer::new(SECOND), in_millis(), TimeoutLayer::new(5 * SECOND));
    assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (500 * MILLI, true, Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_header_that_was_changed_on_the_way_counts() {
    let shorten = |mut request: Request<()>| {
        request.headers_mut().insert(MILLIS.clone(), HeaderValue::from_static("10"));
        request
    };
    let stack = ServiceBuilder::new().layer(in_millis()).map_request(shorten).layer(in_millis());
    let seen = stack.service(see(&MILLIS)).oneshot(with(&MILLIS, &["1000"])).await.unwrap();
    assert_eq!(said::<_, Seen>(seen), Seen::all(10 * MILLI, "10"));
}

fn unavailable() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_extensions_is_for_all_attempts_of_a_retry() {
    let pause = Backoff::constant(200 * MILLI).jitter(Jitter::None);
    let retry = RetryLayer::http("upstream").max_attempts(9).backoff(pause).without_budget().build().unwrap();
    let left = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&left);
    let stack = ServiceBuilder::new().layer(retry).service(strict(move |request: Request<ReplayBody<Full<Bytes>>>| {
        seen.lock().unwrap().push(request.extensions().get().copied().map(Deadline::remaining));
        ready(Ok::<_, Error>(unavailable()))
    }));
    let deadline = Deadline::after(500 * MILLI);
    let mut request = Request::new(Full::default());
    request.extensions_mut().insert(deadline);
    assert_eq!(stack.oneshot(request).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(*left.lock().unwrap(), [500, 300, 100].map(|millis| Some(millis * MILLI)));
    assert_eq!(deadline.remaining(), 100 * MILLI, "the last answer is returned at once");
}

#[tokio::test(start_paused = true)]
async fn a_retry_ends_with_the_services_own_answer_when_no_whole_unit_is_left_for_another_attempt() {
    for limit in [None, Some(TimeoutLayer::new(3 * SECOND))] {
        let service = strict(|_: Request<ReplayBody<Full<Bytes>>>| async {
            tokio::time::advance(Duration::from_micros(99_500)).await;
            Ok::<_, Error>(unavailable())
        });
        let calls = service.calls();
        let retry = RetryLayer::http("upstream").backoff(Backoff::none()).build().unwrap();
        let stack = ServiceBuilder::new().layer(in_millis()).option_layer(limit).layer(retry).layer(in_millis());
        let request = with(&MILLIS, &["100"]).map(|()| Full::default());
        let answer = stack.service(service).oneshot(request).await;
        assert_eq!(answer.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(calls.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_sent_counts_for_nothing_whosoever_its_deadline_is() {
    let (breaker, service, calls) = hung();
    let circuit = breaker.handle();
    let unsent = breaker.layer(in_millis().layer(service));
    let own = TimeoutLayer::new(Duration::from_micros(999)).layer(unsent.clone());
    own.oneshot(Request::new(())).await.unwrap_err();
    let brought = ServiceBuilder::new().layer(DeadlineLayer::grpc()).layer(TimeoutLayer::new(SECOND)).service(unsent);
    brought.oneshot(with(&GRPC, &["999u"])).await.unwrap_err();
    assert_eq!((calls.count(), circuit.phase()), (0, Phase::Closed));
}
