//! What callers set themselves: a deadline around a call, or `grpc-timeout` on its request.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use palisade::http::{AnswerLayer, DeadlineLayer};
use palisade::{Backoff, CircuitBreakerLayer, Deadline, Jitter, Phase, TimeoutLayer};
use tonic::body::Body;
use tonic::{Code, Request, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::client::{ByCode, ask, at_once, channel, counted};
use crate::patience::{HOUR, ms, soon};
use crate::raw::serve_fn;
use crate::server::{Reply, scripted, serve_script};
use crate::support::now;

/// More than a test may take: what ends sooner was ended by its caller.
const LIMIT: Duration = HOUR;
const IMPATIENT: Duration = ms(40);

/// A client as the README has it.
macro_rules! client {
    ($service:expr; $retry:expr, $circuit:expr) => {
        HealthClient::new(
            ServiceBuilder::new()
                .layer(AnswerLayer::grpc())
                .layer(DeadlineLayer::grpc())
                .layer(TimeoutLayer::grpc(LIMIT))
                .layer($retry.build().unwrap())
                .layer($circuit)
                .layer(DeadlineLayer::grpc())
                .service($service),
        )
    };
}

fn opens_at_once() -> CircuitBreakerLayer<ByCode> {
    CircuitBreakerLayer::grpc("health").consecutive(1).build().unwrap()
}

/// How a caller says that it has little time.
#[derive(Clone, Copy, Debug)]
enum Says {
    AroundTheCall,
    InTheExtensions,
    InTheHeader,
}

#[tokio::test]
async fn callers_with_little_time_open_no_circuit_and_are_told_so() {
    let (of_tonic, _) = serve_script(|_| Reply::Never).await;
    // It knows nothing of `grpc-timeout`.
    let of_none = serve_fn(|_| pending::<Result<http::Response<Empty<Bytes>>, Infallible>>()).await;
    for (server, addr) in [("tonic's", of_tonic), ("another", of_none)] {
        for says in [Says::AroundTheCall, Says::InTheExtensions, Says::InTheHeader] {
            let (circuit, sent) = (opens_at_once(), Arc::new(AtomicUsize::new(0)));
            let (handle, counts) = (circuit.handle(), Arc::clone(&sent));
            let count = move |request: http::Request<Body>| {
                counts.fetch_add(1, Ordering::SeqCst);
                request
            };
            let client = client!(ServiceBuilder::new().map_request(count).service(channel(addr)); at_once(), circuit);
            // Whose timer fires first differs.
            for _ in 0..8 {
                let (mut client, mut request) = (client.clone(), Request::new(ask()));
                let deadline = Deadline::after(if let Says::AroundTheCall = says { IMPATIENT } else { LIMIT });
                match says {
                    Says::AroundTheCall => {}
                    Says::InTheExtensions => drop(request.extensions_mut().insert(Deadline::after(IMPATIENT))),
                    Says::InTheHeader => request.set_timeout(IMPATIENT),
                }
                let status = soon(deadline.scope(client.check(request))).await.unwrap_err();
                assert_eq!(status.code(), Code::DeadlineExceeded, "{says:?}, {server} server");
            }
            assert_eq!((handle.phase(), counted(&handle).1), (Phase::Closed, 0), "{says:?}, {server} server");
            assert!(sent.load(Ordering::SeqCst) <= 8, "none was sent again: {says:?}, {server} server");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_grpc_timeout_covers_all_attempts_and_the_pauses_between() {
    let (health, calls) = scripted(|_| Reply::Status(Status::unavailable("down")));
    let backoff = Backoff::constant(ms(200)).jitter(Jitter::None);
    let retry = at_once().max_attempts(10).backoff(backoff);
    let mut client = client!(health; retry, CircuitBreakerLayer::grpc("health").build().unwrap());
    let mut request = Request::new(ask());
    request.set_timeout(ms(500));
    let begun = now();
    assert_eq!(client.check(request).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(calls.count(), 3);
    assert!(begun.elapsed() <= ms(500), "{:?}", begun.elapsed());
}
