//! Services that themselves end a call at the moment that `grpc-timeout` tells, and whose end that is.

use std::time::Duration;

use futures_util::{FutureExt, join};
use http::{HeaderValue, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::http::{AnswerLayer, DeadlineLayer};
use palisade::{BulkheadLayer, CircuitBreakerLayer, Elapsed, Error, Phase, TimeoutLayer};
use tokio::time::sleep;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::client::{ask, channel, counted, counting};
use crate::patience::{eventually, ms, soon};
use crate::server::{Reply, serve_script};

const LIMIT: Duration = ms(500);

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

type Ended = (Result<Code, Elapsed>, Phase);

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
        (result.map(|answer| code(&answer)).map_err(|error| error.elapsed().unwrap()), circuit.handle().phase())
    }};
}

fn code<B>(answer: &Response<B>) -> Code {
    Status::from_header_map(answer.headers()).expect("it has a code").code()
}

#[tokio::test(start_paused = true)]
async fn an_end_at_a_grpc_timeout_is_the_callers_one_at_a_limit_ours() {
    for code in ENDS {
        let (callers, ours): (Ended, Ended) =
            (end!(limited(), LIMIT, code), end!(call(), LIMIT, code; TimeoutLayer::grpc(LIMIT)));
        for ((ended, phase), by_caller, expected) in [(callers, true, Phase::Closed), (ours, false, Phase::Open)] {
            let elapsed = ended.unwrap_err();
            assert_eq!((elapsed.limit(), elapsed.by_caller(), phase), (LIMIT, by_caller, expected), "{code:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_early_or_by_another_code_has_failed() {
    for code in ENDS {
        assert_eq!(end!(limited(), ms(490), code), (Ok(code), Phase::Open));
    }
    for code in [Code::Unavailable, Code::Internal, Code::Unknown] {
        assert_eq!(end!(limited(), LIMIT, code), (Ok(code), Phase::Open));
    }
}

/// The client is none that reads `grpc-timeout`, so that it is the server that ends the call.
#[tokio::test]
async fn tonics_server_has_not_failed_when_it_ends_a_call_in_time() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let circuit = counting().build().unwrap();
    let http = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let layers = ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(circuit.clone()).layer(DeadlineLayer::grpc());
    let mut client = HealthClient::with_origin(layers.service(http), format!("http://{addr}").parse().unwrap());
    let mut request = tonic::Request::new(ask());
    request.set_timeout(ms(40));
    assert_eq!(soon(client.check(request)).await.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(counted(&circuit.handle()).1, 0);
}

#[tokio::test]
async fn a_call_that_left_its_timeout_for_a_task_frees_its_place() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let bulkhead = BulkheadLayer::grpc(1).build().unwrap();
    let places = bulkhead.handle();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::grpc(ms(100)))
        .map_future(|call| tokio::spawn(call).map(|ended| ended.expect("it does not panic")))
        .layer(bulkhead)
        .layer(DeadlineLayer::grpc())
        .service(channel(addr));
    soon(HealthClient::new(stack).check(ask())).await.unwrap_err();
    eventually("the place is free", || places.in_flight() == 0).await;
}

/// The one under the timeout polls the call at its end, and then leaves it.
#[tokio::test(start_paused = true)]
async fn a_shared_call_ends_for_the_caller_without_a_timeout_too() {
    for code in ENDS {
        let service = service_fn(async |_: Request<Body>| {
            sleep(LIMIT).await;
            Ok::<_, Error>(Status::new(code, "over").into_http::<Body>())
        });
        let call = DeadlineLayer::grpc().layer(service).oneshot(call());
        let shared = Box::pin(call.map(|ended| ended.unwrap_err().elapsed().unwrap())).shared();
        let patient = shared.clone();
        let hasty = TimeoutLayer::new(LIMIT).layer(service_fn(|()| shared.clone().map(Ok::<_, Error>))).oneshot(());
        let (hasty, patient) = join!(hasty, soon(patient));
        assert!(!hasty.unwrap_err().elapsed().unwrap().by_caller(), "{code:?}");
        assert_eq!(patient.limit(), LIMIT, "{code:?}");
    }
}
