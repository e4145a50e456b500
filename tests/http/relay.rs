//! A proxy that guards its upstream: its own callers are sent no more than the length that an answer told.

use std::{io, mem};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use palisade::{Backoff, CircuitHandle, Error, Phase};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use crate::{
    circuit::{Breaker, consecutive},
    client::{HttpClient, Small, Wire, client, eventually, get, ms, on_both, soon},
    server::{self, Piece, Reply, Server, reply, stream, with_header},
};

/// An answer that is all there, and whose stream nevertheless goes on.
fn all_there() -> Response<Piece> {
    let (sender, response) = stream(200, &["abc", "def"]);
    mem::forget(sender);
    with_header(response, "content-length", "6")
}

/// Answers what an upstream does.
fn forward<S, B>(stack: S, uri: &str) -> Reply
where
    S: Service<Request<Small>, Response = Response<B>, Error: Into<BoxError>, Future: Send> + Send + 'static,
    B: Body<Data = Bytes, Error = Error> + Send + 'static,
{
    let request = get(uri);
    Box::pin(async move {
        let answer = stack.oneshot(request).await.map_err(io::Error::other)?;
        Ok(answer.map(|body| UnsyncBoxBody::new(body.map_err(io::Error::other))))
    })
}

/// A proxy of an upstream, with a circuit around it.
async fn proxy(wire: Wire, upstream: &Server, breaker: Breaker) -> (Server, CircuitHandle) {
    let breaker = breaker.build().unwrap();
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new().layer(breaker).service(client::<Small>(wire));
    let uri = upstream.uri("/");
    (Server::start(move |_, _| forward(stack.clone(), &uri)).await, circuit)
}

async fn text(caller: &HttpClient<Small>, proxy: &Server) -> String {
    let answer = soon(caller.request(get(proxy.uri("/")))).await.unwrap();
    String::from_utf8(soon(answer.into_body().collect()).await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn an_answer_that_a_proxy_passed_on_to_its_told_length_counts() {
    on_both(async |wire| {
        let upstream = Server::start(|_, _| reply(all_there())).await;
        let (proxy, circuit) = proxy(wire, &upstream, consecutive(1).failure_rate(1.0).min_calls(100)).await;
        let caller = client(Wire::Http1);
        for _ in 0..10 {
            assert_eq!(text(&caller, &proxy).await, "abcdef");
        }
        eventually("all have counted", || circuit.snapshot().counts.calls == 10).await;
        assert_eq!(circuit.snapshot().counts.failures, 0);
    })
    .await;
}

#[tokio::test]
async fn a_circuit_in_a_proxy_closes_once_its_callers_get_whole_answers() {
    on_both(async |wire| {
        let upstream =
            Server::start(|nth, _| reply(if nth == 1 { server::text(500, "down") } else { all_there() })).await;
        let breaker = consecutive(1).probes(1).open_for(Backoff::constant(ms(20)));
        let (proxy, circuit) = proxy(wire, &upstream, breaker).await;
        let caller = client(Wire::Http1);
        assert_eq!((text(&caller, &proxy).await.as_str(), circuit.phase()), ("down", Phase::Open));
        eventually("the open time is over", || circuit.snapshot().retry_after.is_some_and(|left| left.is_zero())).await;
        assert_eq!(text(&caller, &proxy).await, "abcdef");
        eventually("the circuit is closed", || circuit.phase() == Phase::Closed).await;
    })
    .await;
}
