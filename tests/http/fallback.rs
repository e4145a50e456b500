//! Fallbacks that go by the status.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use http::{Request, Uri};
use palisade::call::Mark;
use palisade::fallback::{self, ByOutcome, Degraded, function, service};
use palisade::http::{AnswerLayer, HttpClassifier};
use palisade::test_util::EventLog;
use palisade::{CircuitBreakerLayer, Error, FallbackLayer, Outcome};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::circuit::{built, consecutive};
use crate::client::{HttpClient, Small, Wire, call, client, get, on_both, text};
use crate::server::{self, Server, empty, reply, with_header};
use crate::sockets::{refusing, serve_router};
use crate::support::io_error;

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

type Answer = http::Response<Body>;
type Spare = fallback::Function<fn(Result<&Answer, &Error>) -> Result<Answer, Error>>;

/// Answers with nothing.
const SPARE: Spare = function(|_| Ok(Answer::new(Body::empty())));

/// By which step a response is degraded, if it says that it is.
fn step_of<B>(answer: &http::Response<B>) -> Option<u32> {
    answer.extensions().get::<Degraded>().map(|degraded| degraded.step)
}

#[tokio::test]
async fn an_answer_says_that_it_is_degraded_and_by_which_step() {
    on_both(async |wire| {
        for (statuses, step) in [([404, 200], None), ([503, 200], Some(1)), ([503, 503], Some(2))] {
            let [primary, spare] = statuses.map(|status| answering(status, "either"));
            let [primary, spare, last] = [primary.await, spare.await, answering(200, "last").await];
            let mirror = |server: &Server| service(mirror(client(wire), &server.uri("/")));
            let layer = FallbackLayer::http(mirror(&spare)).or(mirror(&last));
            let stack = ServiceBuilder::new().layer(layer).service(client::<Small>(wire));
            let answer = call(&stack, get(primary.uri("/"))).await.unwrap();
            assert_eq!(step_of(&answer), step, "{statuses:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_says_so_whatever_decides_that_it_is_taken() {
    let inner = service_fn(async |()| Ok::<_, Error>(Answer::default()));
    let by_classifier = FallbackLayer::http(SPARE).classify(|_: Result<&Answer, &Error>| Outcome::Failed);
    let by_function = FallbackLayer::http(SPARE).fallback_if(|_: Result<&Answer, &Error>| true);
    let by_hand = FallbackLayer::http(SPARE);
    by_hand.handle().always();
    assert_eq!(step_of(&by_classifier.layer(inner).oneshot(()).await.unwrap()), Some(1));
    assert_eq!(step_of(&by_function.layer(inner).oneshot(()).await.unwrap()), Some(1));
    assert_eq!(step_of(&by_hand.layer(inner).oneshot(()).await.unwrap()), Some(1));
    let around = FallbackLayer::http(service(by_hand.layer(inner))).or(SPARE);
    let around = around.fallback_if(|_: Result<&Answer, &Error>| true);
    assert_eq!(step_of(&around.layer(inner).oneshot(()).await.unwrap()), Some(1), "the outermost says it last");
}

/// A server with this layer, whose service fails.
async fn behind<M>(layer: FallbackLayer<Spare, ByOutcome<HttpClassifier>, M>) -> SocketAddr
where
    M: Mark<Answer, Degraded> + Clone + Send + Sync + 'static,
{
    let failing = service_fn(async |_: Request<Body>| Err::<Answer, _>(io_error("down")));
    let stack = ServiceBuilder::new().layer(AnswerLayer::http()).layer(layer).service(failing);
    serve_router(Router::new().fallback_service(stack)).await
}

#[tokio::test]
async fn nothing_of_it_goes_over_the_wire() {
    on_both(async |wire| {
        let (marked, plain) = (FallbackLayer::http(SPARE), FallbackLayer::http(SPARE).mark(|_: &mut Answer, _| ()));
        let mut seen = Vec::new();
        for addr in [behind(marked).await, behind(plain).await] {
            let answer = call(&client::<Small>(wire), get(server::uri(addr, "/"))).await.unwrap();
            assert_eq!(step_of(&answer), None);
            let names = answer.headers().keys().map(|name| name.as_str().to_owned());
            seen.push((answer.status(), names.collect::<Vec<_>>()));
        }
        assert_eq!(seen[0], seen[1]);
    })
    .await;
}

#[tokio::test]
async fn what_is_switched_off_is_unavailable_in_http_and_in_grpc() {
    let passing_on = function(|failed: Result<&Answer, &Error>| {
        Err::<Answer, _>(Error::from(failed.unwrap_err().rejection().expect("nothing is sent")))
    });
    let layer = FallbackLayer::http(passing_on);
    layer.handle().always();
    let service = layer.layer(service_fn(async |()| Ok::<_, Error>(Answer::default())));
    let answer = AnswerLayer::http().layer(service.clone()).oneshot(()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after")), (503, None));
    let answer = AnswerLayer::grpc().layer(service).oneshot(()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["grpc-status"].to_str().unwrap()), (200, "14"));
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
