//! Fallbacks that go by the status.

use http::{Request, Uri};
use palisade::{CircuitBreakerLayer, FallbackLayer, fallback::service};
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::{
    client::{HttpClient, Small, Wire, call, client, get, on_both, text},
    server::{self, Server, empty, reply, with_header},
    support::events::Events,
    unsent::refusing,
};

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

/// The answer where the service says this, and a mirror would do well.
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
async fn a_fallback_is_taken_for_each_status_that_tells_of_trouble() {
    on_both(async |wire| {
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(answer(wire, status, &[]).await, (200, "spare".to_owned()), "{status}");
        }
        assert_eq!(answer(wire, 503, &[("retry-after", "60")]).await, (200, "spare".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn every_other_status_passes_with_its_body() {
    on_both(async |wire| {
        for status in [200, 301, 400, 404, 410, 501, 505] {
            assert_eq!(answer(wire, status, &[]).await, (status, "primary".to_owned()));
        }
    })
    .await;
}

#[tokio::test]
async fn the_next_step_is_tried_when_a_step_answered_that_it_is_in_trouble_too() {
    on_both(async |wire| {
        let events = Events::record();
        let (primary, spare, last) =
            (answering(503, "no").await, answering(503, "nor").await, answering(200, "well").await);
        let step = |server: &Server| service(mirror(client(wire), &server.uri("/")));
        let fallback = FallbackLayer::http(step(&spare)).or(step(&last));
        let stack = ServiceBuilder::new().layer(fallback).service(client::<Small>(wire));
        let answer = call(&stack, get(primary.uri("/"))).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!((primary.calls(), spare.calls(), last.calls()), (1, 1, 1));
        let steps: Vec<_> =
            events.of("palisade::fallback").iter().map(|event| event.field("step").to_owned()).collect();
        assert_eq!(steps, ["2"]);
    })
    .await;
}

#[tokio::test]
async fn the_answer_of_the_last_step_is_the_answer_whatever_it_says() {
    let (primary, spare) = (answering(503, "no").await, answering(503, "nor").await);
    let step = service(mirror(client(Wire::Http1), &spare.uri("/")));
    let stack = ServiceBuilder::new().layer(FallbackLayer::http(step)).service(client::<Small>(Wire::Http1));
    let answer = call(&stack, get(primary.uri("/"))).await.unwrap();
    assert_eq!((answer.status().as_u16(), spare.calls()), (503, 1));
}

#[tokio::test]
async fn a_fallback_is_taken_for_a_connection_refused_and_for_an_open_circuit() {
    on_both(async |wire| {
        let nobody = refusing();
        let spare = Server::start(|_, _| reply(empty(204))).await;
        let breaker = CircuitBreakerLayer::http("api").without_failure_rate().consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        // The answer is the circuit's, and so is that of the step.
        let step = service(
            ServiceBuilder::new()
                .layer(CircuitBreakerLayer::http("spare").build().unwrap())
                .service(mirror(client(wire), &spare.uri("/"))),
        );
        let layers = ServiceBuilder::new().layer(FallbackLayer::http(step)).layer(breaker);
        let stack = layers.service(client::<Small>(wire));
        for _ in 0..2 {
            let answer = call(&stack, get(server::uri(nobody.local_addr().unwrap(), "/"))).await.unwrap();
            assert_eq!(answer.status(), 204);
            text(answer).await.unwrap();
        }
        assert_eq!((circuit.snapshot().rejected, spare.calls()), (1, 2));
    })
    .await;
}
