//! Replicas behind tonic's clients.

use palisade::replicas::Phase;
use palisade::{Policy, ReplicaUsed, Replicas};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;

use crate::client::{ask, at_once, channel, drain, next};
use crate::server::{Reply, serve_script};
use crate::sockets::refusing;

#[tokio::test]
async fn a_call_goes_on_from_a_dead_server_and_its_response_says_so() {
    let ((addr, calls), (_held, dead)) = (serve_script(|_| Reply::Served).await, refusing());
    let replicas = Replicas::grpc::<Body>("health").policy(Policy::FailOver).mark_responses();
    let replicas = replicas.add("a", channel(dead)).add("b", channel(addr)).build().unwrap();
    let response = HealthClient::new(replicas).check(ask()).await.unwrap();
    let used: &ReplicaUsed = response.extensions().get().unwrap();
    assert_eq!((&*used.name, used.tried.iter().map(|name| &**name).collect()), ("b", vec!["a"]));
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn a_code_in_the_trailers_is_a_failure_of_its_replica() {
    for (code, failures) in [(Code::Unavailable, 1), (Code::NotFound, 0)] {
        let (addr, _) = serve_script(move |_| Reply::Failing(Status::new(code, "no"))).await;
        let replicas = Replicas::grpc::<Body>("health").add("a", channel(addr)).build().unwrap();
        let handle = replicas.handle();
        let stream = HealthClient::new(replicas).watch(ask()).await.unwrap().into_inner();
        assert_eq!(drain(stream).await.unwrap_err().code(), code);
        let replica = handle.snapshot().replicas.remove(0);
        assert_eq!((replica.calls, replica.failures, replica.in_flight), (1, failures, 0), "{code:?}");
    }
}

#[tokio::test]
async fn a_replica_that_is_unavailable_is_ejected() {
    let ((down, failed), (up, served)) =
        (serve_script(|_| Reply::Status(Status::unavailable("no"))).await, serve_script(|_| Reply::Served).await);
    let replicas = Replicas::grpc::<Body>("health").policy(Policy::FailOver);
    let replicas = replicas.add("a", channel(down)).add("b", channel(up)).build().unwrap();
    let (handle, mut client) = (replicas.handle(), HealthClient::new(replicas));
    let mut codes = Vec::new();
    for _ in 0..7 {
        codes.push(client.check(ask()).await.map_or_else(|status| status.code(), |_| Code::Ok));
    }
    assert_eq!(codes, [[Code::Unavailable; 5].as_slice(), &[Code::Ok; 2]].concat());
    assert_eq!((failed.count(), served.count()), (5, 2));
    assert_eq!(handle.snapshot().replicas[0].phase, Phase::Ejected);
}

#[tokio::test]
async fn a_retry_around_goes_to_another_replica() {
    let ((down, failed), (up, served)) =
        (serve_script(|_| Reply::Status(Status::unavailable("no"))).await, serve_script(|_| Reply::Served).await);
    let replicas = Replicas::grpc::<Body>("health").policy(Policy::FailOver);
    let replicas = replicas.add("a", channel(down)).add("b", channel(up)).build().unwrap();
    let retry = at_once().build().unwrap();
    HealthClient::new(retry.layer(replicas)).check(ask()).await.unwrap();
    assert_eq!((failed.count(), served.count()), (1, 1));
}

#[tokio::test]
async fn a_stream_is_in_flight_until_it_is_dropped() {
    let (addr, _) = serve_script(|_| Reply::Open).await;
    let replicas = Replicas::grpc::<Body>("health").add("a", channel(addr)).build().unwrap();
    let handle = replicas.handle();
    let state = || handle.snapshot().replicas.iter().map(|replica| (replica.in_flight, replica.failures)).next();
    let mut stream = HealthClient::new(replicas).watch(ask()).await.unwrap().into_inner();
    assert!(next(&mut stream).await.unwrap().is_some());
    assert_eq!(state(), Some((1, 0)));
    drop(stream);
    assert_eq!(state(), Some((0, 0)));
}
