//! Services that themselves end a call at the moment that `grpc-timeout` tells, and whose end that is.

use std::time::Duration;

use futures_util::{FutureExt, join};
use http::{HeaderValue, Request, Response};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Elapsed, Error, Phase, TimeoutLayer,
    http::{AnswerLayer, DeadlineLayer},
};
use tokio::time::sleep;
use tonic::{Code, Status, body::Body};
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::{
    client::{ask, channel, counting, soon, until},
    server::{Reply, serve_script},
};

const LIMIT: Duration = Duration::from_millis(500);

/// What servers say that end a call: tonic's own timeout the one, those of other languages the other.
const ENDS: [Code; 2] = [Code::Cancelled, Code::DeadlineExceeded];

fn call() -> Request<Body> {
    Request::new(Body::empty())
}

/// A call with a `grpc-timeout` of its caller's.
fn limited() -> Request<Body> {
    let mut request = call();
    request.headers_mut().insert("grpc-timeout", HeaderValue::from_static("500m"));
    request
}

/// How a call ends under these layers whose service answers with this code after so long, and what the circuit has become.
macro_rules! end {
    ($request:expr, $after:expr, $code:expr $(; $layer:expr)*) => {{
        let circuit = CircuitBreakerLayer::grpc("health").consecutive(1).build().unwrap();
        let service = service_fn(async |_: Request<Body>| {
            sleep($after).await;
            Ok::<_, Error>(Status::new($code, "over").into_http::<Body>())
        });
        let stack = ServiceBuilder::new()$(.layer($layer))*.layer(circuit.clone()).layer(DeadlineLayer::grpc());
        let result = stack.service(service).oneshot($request).await;
        (result.map(|answer| code(&answer)).map_err(|error| *error.elapsed().unwrap()), circuit.handle().phase())
    }};
}

fn code<B>(answer: &Response<B>) -> Code {
    Status::from_header_map(answer.headers()).expect("it has a code").code()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_a_call_at_its_callers_grpc_timeout_opens_no_circuit() {
    for code in ENDS {
        let (ended, phase): (Result<Code, Elapsed>, _) = end!(limited(), LIMIT, code);
        let elapsed = ended.unwrap_err();
        assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (LIMIT, true, Phase::Closed), "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_a_call_at_a_limit_of_ours_leaves_the_end_to_that() {
    for code in ENDS {
        let (ended, phase): (Result<Code, Elapsed>, _) = end!(call(), LIMIT, code; TimeoutLayer::grpc(LIMIT));
        let elapsed = ended.unwrap_err();
        assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (LIMIT, false, Phase::Open), "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_a_call_before_its_time_is_over_has_failed() {
    for code in ENDS {
        let early = Duration::from_millis(490);
        assert_eq!(end!(limited(), early, code), (Ok(code), Phase::Open));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_at_the_end_of_the_time_has_failed() {
    for code in [Code::Unavailable, Code::Internal, Code::Unknown] {
        assert_eq!(end!(limited(), LIMIT, code), (Ok(code), Phase::Open));
    }
}

/// The client is none that reads `grpc-timeout`, so that it is the server that ends the call.
#[tokio::test]
async fn tonics_server_is_no_failure_when_it_ends_a_call_at_its_callers_grpc_timeout() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let circuit = counting().build().unwrap();
    let http = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let layers = ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(circuit.clone()).layer(DeadlineLayer::grpc());
    let mut client = HealthClient::with_origin(layers.service(http), format!("http://{addr}").parse().unwrap());
    let mut request = tonic::Request::new(ask());
    request.set_timeout(Duration::from_millis(40));
    assert_eq!(soon(client.check(request)).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(circuit.handle().snapshot().counts.failures, 0);
}

#[tokio::test]
async fn a_call_that_has_left_its_timeout_for_a_task_of_its_own_ends_and_frees_its_place() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let bulkhead = BulkheadLayer::grpc(1).build().unwrap();
    let places = bulkhead.handle();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::grpc(Duration::from_millis(100)))
        .map_future(|call| tokio::spawn(call).map(|ended| ended.expect("it does not panic")))
        .layer(bulkhead)
        .layer(DeadlineLayer::grpc())
        .service(channel(addr));
    soon(HealthClient::new(stack).check(ask())).await.unwrap_err();
    until("the place is free", || places.in_flight() == 0).await;
}

/// The one under the timeout polls the call at its end, and then leaves it.
#[tokio::test(start_paused = true)]
async fn a_call_that_two_callers_share_ends_for_the_one_without_a_timeout_too() {
    for code in ENDS {
        let service = service_fn(async |_: Request<Body>| {
            sleep(LIMIT).await;
            Ok::<_, Error>(Status::new(code, "over").into_http::<Body>())
        });
        let call = DeadlineLayer::grpc().layer(service).oneshot(call());
        let shared = Box::pin(call.map(|ended| *ended.unwrap_err().elapsed().unwrap())).shared();
        let patient = shared.clone();
        let hasty = TimeoutLayer::new(LIMIT).layer(service_fn(|()| shared.clone().map(Ok::<_, Error>))).oneshot(());
        let (hasty, patient) = join!(hasty, soon(patient));
        assert!(!hasty.unwrap_err().elapsed().unwrap().by_caller(), "{code:?}");
        assert_eq!(patient.limit(), LIMIT, "{code:?}");
    }
}
