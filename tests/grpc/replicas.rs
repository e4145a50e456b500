//! Replicas behind tonic's clients.

use palisade::{Policy, ReplicaUsed, Replicas};
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_health::pb::health_client::HealthClient;

use crate::client::{ask, channel, drain};
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
