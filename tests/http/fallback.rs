//! Fallbacks that go by the status.

use http::{Request, Uri};
use palisade::fallback::service;
use palisade::test_util::EventLog;
use palisade::{CircuitBreakerLayer, FallbackLayer};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::circuit::{built, consecutive};
use crate::client::{HttpClient, Small, Wire, call, client, get, on_both, text};
use crate::server::{self, Server, empty, reply, with_header};
use crate::sockets::refusing;

type Incoming = hyper::body::Incoming;

/// Asks another server than the request says.
fn mirror(
    client: HttpClient<Small>,
    uri: &str,
) -> impl Service<
    Request<Small>,
    Response = http::Response<Incoming>,
    Error = hyper_util::client::legacy::Error,
    Future: Send,
> + Clone
+ use<> {
    let uri: Uri = uri.parse().unwrap();
    client.map_request(move |mut request: Request<Small>| {
        *request.uri_mut() = uri.clone();
        request
    })
}

async fn answering(status: u16, body: &'static str) -> Server {
    Server::start(move |_, _| reply(server::text(status, body))).await
}

/// The response where the service says this, and a mirror would do well.
async fn answer(wire: Wire, status: u16, headers: &'static [(&str, &str)]) -> (u16, String) {
    let primary = Server::start(move |_, _| {
        let with_all = |answer, (name, value): &(&'static str, &str)| with_header(answer, name, value);
        reply(headers.iter().fold(server::text(status, "primary"), with_all))
    })
    .await;
    let spare = answering(200, "spare").await;
    let step = service(mirror(client(wire), &spare.uri("/")));
    let stack = ServiceBuilder::new().layer(FallbackLayer::http(step)).service(client::<Small>(wire));
    let answer = call(&stack, get(primary.uri("/"))).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_fallback_is_taken_for_trouble_and_for_no_other_status() {
    on_both(async |wire| {
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(answer(wire, status, &[]).await, (200, "spare".to_owned()), "{status}");
        }
        assert_eq!(answer(wire, 503, &[("retry-after", "60")]).await, (200, "spare".to_owned()));
        for status in [200, 301, 400, 404, 410, 501, 505] {
            assert_eq!(answer(wire, status, &[]).await, (status, "primary".to_owned()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_step_in_trouble_leaves_the_call_to_the_next_if_any() {
    on_both(async |wire| {
        for (last, status) in [(200, 200), (503, 503)] {
            let events = EventLog::of_thread();
            let [primary, spare, last] =
                [answering(503, "no").await, answering(503, "nor").await, answering(last, "last").await];
            let step = |server: &Server| service(mirror(client(wire), &server.uri("/")));
            let fallback = FallbackLayer::http(step(&spare)).or(step(&last));
            let stack = ServiceBuilder::new().layer(fallback).service(client::<Small>(wire));
            let answer = call(&stack, get(primary.uri("/"))).await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!([primary.calls(), spare.calls(), last.calls()], [1; 3]);
            let steps = events.of("palisade::fallback");
            let steps: Vec<_> = steps.iter().map(|event| event.field("step")).collect();
            assert_eq!(steps, ["2"]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_fallback_is_taken_for_a_refusal_and_for_an_open_circuit() {
    on_both(async |wire| {
        let (_nobody, addr) = refusing();
        let spare = Server::start(|_, _| reply(empty(204))).await;
        let (breaker, circuit) = built(consecutive(1));
        // The step responds in the type of the circuit's responses.
        let step = service(
            ServiceBuilder::new()
                .layer(CircuitBreakerLayer::http("spare").build().unwrap())
                .service(mirror(client(wire), &spare.uri("/"))),
        );
        let layers = ServiceBuilder::new().layer(FallbackLayer::http(step)).layer(breaker);
        let stack = layers.service(client::<Small>(wire));
        for _ in 0..2 {
            let answer = call(&stack, get(server::uri(addr, "/"))).await.unwrap();
            assert_eq!(answer.status(), 204);
            text(answer).await.unwrap();
        }
        assert_eq!((circuit.snapshot().rejected, spare.calls()), (1, 2));
    })
    .await;
}
