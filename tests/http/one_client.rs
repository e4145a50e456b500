//! Replicas that one client reaches: which of them answered, and those that are found by their addresses.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{Response, StatusCode};
use palisade::discover::{self, Discovery};
use palisade::http::{ReplayBody, ToAuthority};
use palisade::{ConfigError, Policy, RejectionReason, ReplicaUsed, Replicas};
use tower::Layer;

use crate::client::{HttpClient, Replayed, Wire, call, client, get, on_both, retry_of, text};
use crate::patience::{ms, soon};
use crate::server::{Server, empty, reply};
use crate::sockets::refusing;
use crate::support::{Down, reason};

type One<B = Replayed> = ToAuthority<HttpClient<B>>;

fn to<B: Clone>(client: &HttpClient<B>, addr: SocketAddr) -> Result<One<B>, ConfigError> {
    ToAuthority::new(client.clone(), &format!("http://{addr}"))
}

/// The replica that answered, and those that were tried before.
fn used<B>(response: &Response<B>) -> Option<(String, Vec<String>)> {
    let used: &ReplicaUsed = response.extensions().get()?;
    Some((used.name.to_string(), used.tried.iter().map(ToString::to_string).collect()))
}

#[tokio::test]
async fn a_response_says_which_replica_gave_it() {
    on_both(async |wire| {
        let (client, server, (_held, dead)) = (client(wire), ok().await, refusing());
        let replicas = Replicas::http::<Replayed>("orders").policy(Policy::FailOver).mark_responses();
        let (first, second, third) = (to(&client, dead), to(&client, dead), to(&client, server.addr));
        let replicas = replicas.add("a", first.unwrap()).add("b", second.unwrap()).add("c", third.unwrap());
        let replicas = replicas.build().unwrap();
        let response = call(&replicas, get("/")).await.unwrap();
        assert_eq!(used(&response), Some(("c".to_owned(), vec!["a".to_owned(), "b".to_owned()])));
        text(response).await.unwrap();

        replicas.handle().promote("c");
        let response = call(&replicas, get("/")).await.unwrap();
        assert_eq!(used(&response), Some(("c".to_owned(), Vec::new())));
        text(response).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn it_says_whom_an_earlier_attempt_was_sent_to() {
    let (client, well) = (client(Wire::Http1), ok().await);
    let failing = Server::start(|_, _| reply(empty(503))).await;
    let replicas = Replicas::http::<ReplayBody<Replayed>>("orders").policy(Policy::FailOver).mark_responses();
    let (first, second) = (to(&client, failing.addr), to(&client, well.addr));
    let replicas = replicas.add("a", first.unwrap()).add("b", second.unwrap()).build().unwrap();
    let stack = retry_of::<Replayed>().build().unwrap().layer(replicas);
    let response = call(&stack, get("/")).await.unwrap();
    assert_eq!((response.status(), used(&response)), (StatusCode::OK, Some(("b".to_owned(), vec!["a".to_owned()]))));
}

#[tokio::test]
async fn a_failure_by_its_status_says_so_too_and_counts() {
    let (client, server) = (client(Wire::Http1), Server::start(|_, _| reply(empty(503))).await);
    let replicas = Replicas::http::<Replayed>("orders").mark_responses().add("a", to(&client, server.addr).unwrap());
    let replicas = replicas.build().unwrap();
    let response = call(&replicas, get("/")).await.unwrap();
    assert_eq!((response.status(), used(&response).unwrap().0), (StatusCode::SERVICE_UNAVAILABLE, "a".to_owned()));
    assert_eq!(replicas.handle().snapshot().replicas[0].failures, 1);
}

#[tokio::test]
async fn responses_are_left_alone_unless_it_is_asked_for() {
    let (client, server) = (client(Wire::Http1), ok().await);
    let replicas = Replicas::http::<Replayed>("orders").add("a", to(&client, server.addr).unwrap()).build().unwrap();
    let response = call(&replicas, get("/")).await.unwrap();
    assert_eq!(used(&response), None);
}

async fn ok() -> Server {
    Server::start(|_, _| reply(empty(200))).await
}

/// Replicas at the addresses that stand there.
fn found(
    zone: &Arc<Mutex<Vec<SocketAddr>>>,
    client: &HttpClient<Replayed>,
) -> Discovery<impl FnMut(SocketAddr) -> Result<One, ConfigError> + Send + use<>> {
    let (zone, client) = (Arc::clone(zone), client.clone());
    let look_up = move || {
        let found = zone.lock().unwrap().clone();
        async move { Ok::<_, Down>(found) }
    };
    discover::addresses(look_up, move |addr| to(&client, addr)).lifetime(ms(1))
}

#[tokio::test]
async fn calls_follow_the_addresses() {
    on_both(async |wire| {
        let (client, one, other) = (client(wire), ok().await, ok().await);
        let zone = Arc::new(Mutex::new(vec![one.addr]));
        let discovery = found(&zone, &client).found().await.unwrap();
        let replicas = Replicas::http::<Replayed>("orders").discover(discovery).build().unwrap();
        text(call(&replicas, get("/")).await.unwrap()).await.unwrap();
        assert_eq!((one.calls(), other.calls()), (1, 0));

        *zone.lock().unwrap() = vec![other.addr];
        let moved = async {
            while other.calls() == 0 {
                text(call(&replicas, get("/")).await.unwrap()).await.unwrap();
            }
        };
        soon(moved).await;
        let replicas = replicas.handle().snapshot().replicas;
        let names: Vec<_> = replicas.iter().map(|replica| replica.name.to_string()).collect();
        assert!(names.contains(&other.addr.to_string()));
    })
    .await;
}

#[tokio::test]
async fn where_no_address_is_found_no_replica_is_there() {
    let zone = Arc::default();
    let discovery = found(&zone, &client(Wire::Http1)).found().await.unwrap();
    let replicas = Replicas::http::<Replayed>("orders").discover(discovery).build().unwrap();
    assert_eq!(reason(&call(&replicas, get("/")).await), Some(RejectionReason::NoReplica));
}
