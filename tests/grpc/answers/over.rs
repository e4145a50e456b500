//! Ends of calls over connections, with the layers on the client and on the server, with `AnswerLayer` and without.

use palisade::http::AnswerLayer;
use palisade::{BulkheadLayer, CircuitBreakerLayer, Error, TimeoutLayer};
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

use crate::client::{ask, channel, next};
use crate::errors::{forced_open, full, open_for};
use crate::patience::{HOUR, ms, soon};
use crate::raw::{Raw, a_call, serve_raw};
use crate::server::{Reply, scripted, serve, serve_script};
use crate::sockets::serve_each;
use crate::whole::{assert_whole, whole};

/// A client of a service that always answers so, under these layers: on the client, or on the server.
macro_rules! client {
    (client: $reply:expr; $($layer:expr),+) => {
        HealthClient::new(ServiceBuilder::new()$(.layer($layer))+.service(channel(serve_script(move |_| $reply).await.0)))
    };
    (server: $reply:expr; $($layer:expr),+) => {
        HealthClient::new(channel(serve(Server::builder()$(.layer($layer))+, scripted(move |_| $reply).0).await))
    };
}

/// How a check ends: on the client with `AnswerLayer` and without, and on the server.
macro_rules! ends {
    ($reply:expr; $($layer:expr),+) => {
        [
            soon(client!(client: $reply; AnswerLayer::grpc(), $($layer),+).check(ask())).await.unwrap_err(),
            soon(client!(client: $reply; $($layer),+).check(ask())).await.unwrap_err(),
            soon(client!(server: $reply; AnswerLayer::grpc(), $($layer),+).check(ask())).await.unwrap_err(),
            soon(client!(server: $reply; $($layer),+).check(ask())).await.unwrap_err(),
        ]
    };
}

fn pushback(status: &Status) -> Option<u64> {
    status.metadata().get("grpc-retry-pushback-ms").map(|value| value.to_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn each_end_of_a_call_has_its_code_on_either_side() {
    let limit = || TimeoutLayer::new(ms(50));
    let out_of_time = ends!(Reply::Never; limit());
    let source = std::error::Error::source(&out_of_time[1]).unwrap();
    assert!(source.downcast_ref::<Error>().is_some_and(Error::is_timeout));
    for (label, ends, code, message) in [
        ("open", ends!(Reply::Served; open_for(HOUR)), Code::Unavailable, "the service is not available at present"),
        (
            "forced open",
            ends!(Reply::Served; forced_open()),
            Code::Unavailable,
            "the service is not available at present",
        ),
        ("full", ends!(Reply::Served; full()), Code::ResourceExhausted, "too many calls"),
        ("out of time", out_of_time, Code::DeadlineExceeded, "the call ran out of time"),
    ] {
        for (side, status) in ["client, answered", "client", "server, answered", "server"].iter().zip(&ends) {
            assert_eq!((status.code(), status.message()), (code, message), "{label}, {side}");
            if side.ends_with("answered") {
                let (is_known, pushback) = (label == "open", pushback(status));
                assert_eq!(
                    is_known,
                    pushback.is_some_and(|ms| (3_000_000..=3_600_000).contains(&ms)),
                    "{label}, {side}"
                );
                assert_eq!(is_known, pushback.is_some(), "{label}, {side}");
            }
        }
    }
}

#[tokio::test]
async fn a_services_own_status_passes_unchanged_on_either_side() {
    fn own() -> Status {
        whole(Code::FailedPrecondition)
    }
    for status in ends!(Reply::Status(own()); BulkheadLayer::new(1), TimeoutLayer::new(HOUR)) {
        assert_whole(&status, Code::FailedPrecondition);
    }
    let mut at_client = client!(client: Reply::Broken(own()); AnswerLayer::grpc(), BulkheadLayer::new(1));
    let mut at_server = client!(server: Reply::Broken(own()); AnswerLayer::grpc(), BulkheadLayer::new(1));
    for stream in [at_client.watch(ask()).await, at_server.watch(ask()).await] {
        let mut stream = stream.unwrap().into_inner();
        assert_eq!(next(&mut stream).await.unwrap().unwrap().status, 1);
        assert_whole(&next(&mut stream).await.unwrap_err(), Code::FailedPrecondition);
        assert!(next(&mut stream).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_stream_timed_out_on_a_server_ends_with_deadline_exceeded() {
    let mut client = client!(server: Reply::Open; AnswerLayer::grpc(), TimeoutLayer::grpc(ms(100)));
    let mut stream = client.watch(ask()).await.unwrap().into_inner();
    assert_eq!(next(&mut stream).await.unwrap().unwrap().status, 1);
    let status = next(&mut stream).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the call ran out of time"));
    assert!(next(&mut stream).await.unwrap().is_none());
}

/// Claims that what broke is told in words of our own.
fn assert_broken(label: &str, status: &Status) {
    assert_ne!(status.code(), Code::Unknown, "{label}: {status:?}");
    let words = ["the service failed", "the service is not available at present"];
    assert!(words.contains(&status.message()), "{label}: {status:?}");
}

#[tokio::test]
async fn a_call_that_breaks_ends_in_words_of_ours() {
    // It has no layer that makes a response of its own timeout.
    let resets = {
        let (health, _) = scripted(|_| Reply::Open);
        serve(Server::builder().layer(TimeoutLayer::grpc(ms(100))), health).await
    };
    let layers = || {
        let circuit = CircuitBreakerLayer::grpc("secret").build().unwrap();
        ServiceBuilder::new().layer(AnswerLayer::grpc()).layer(TimeoutLayer::grpc(HOUR)).layer(circuit)
    };
    for (label, addr) in [
        ("a stream that its connection was cut from", serve_raw(Raw::ok().message().cut()).await),
        ("a stream that was reset", serve_raw(Raw::ok().message().reset()).await),
        ("a stream that tonic's server reset", resets),
    ] {
        let stream = HealthClient::new(layers().service(channel(addr))).watch(ask()).await;
        // The cut may come before the head.
        let status = match stream.map(tonic::Response::into_inner) {
            Ok(mut stream) => loop {
                if let Err(status) = next(&mut stream).await {
                    break status;
                }
            },
            Err(status) => status,
        };
        assert_broken(label, &status);
    }
    let cut = serve_each(async |mut stream| a_call(&mut stream).await.is_ok()).await;
    let status = soon(HealthClient::new(layers().service(channel(cut))).check(ask())).await.unwrap_err();
    assert_broken("a call whose connection was cut", &status);
}
