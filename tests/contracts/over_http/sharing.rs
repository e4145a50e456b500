//! State is born in `build()`: what one layer and its clones make shares it, also while a body streams.

use http::{Request, Response};
use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, Error, Phase, RejectionReason, RetryLayer,
    http::{ReplayBody, host},
};
use tower::{Layer, Service, ServiceExt};

use super::{
    server::{At, Reply, Server},
    stacks::{Plain, request, server},
};
use crate::{
    inner::{
        Answer::{self, After},
        Inner,
    },
    remains::Tallies,
    support::Down,
};

fn serving(at: At, answer: Answer) -> Server {
    server(Inner::default().ever_answers(answer), at, &Tallies::default())
}

/// Two services, one by the layer and one by its clone.
fn made_by<L: Layer<Server> + Clone>(layer: &L, at: At, answer: Answer) -> [L::Service; 2] {
    [layer.layer(serving(at, answer)), layer.clone().layer(serving(at, answer))]
}

/// Calls, and reads nothing of the answer.
async fn head<S, B>(service: &S, request: Request<Plain>) -> Result<Response<B>, Error>
where
    S: Service<Request<Plain>, Response = Response<B>, Error = Error> + Clone,
{
    service.clone().oneshot(request).await
}

fn elsewhere() -> Request<Plain> {
    Request::get("http://elsewhere/").body(Plain::default()).unwrap()
}

fn reason<T>(result: Result<T, Error>) -> Option<RejectionReason> {
    result.err()?.rejection().map(palisade::Rejection::reason)
}

#[tokio::test(start_paused = true)]
async fn a_failure_through_one_service_opens_the_circuit_of_all() {
    let layer = CircuitBreakerLayer::http("circuit").consecutive(1).build().unwrap();
    let [one, other] = made_by(&layer, At::Head, After(0, Err(Down(1))));
    assert!(head(&one, request()).await.is_err());
    assert_eq!(reason(head(&other, request()).await), Some(RejectionReason::CircuitOpen));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_streams_through_one_service_takes_the_place_of_all() {
    let layer = BulkheadLayer::http(1).build().unwrap();
    let [one, other] = made_by(&layer, At::Body, Answer::Never);
    let streaming = head(&one, request()).await.unwrap();
    assert_eq!(reason(head(&other, request()).await), Some(RejectionReason::Full));
    drop(streaming);
    assert!(head(&other, request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_streams_through_one_service_holds_the_queue_of_all() {
    let layer = BulkheadLayer::http(1).max_queue(0).build().unwrap();
    let [one, other] = made_by(&layer, At::Body, Answer::Never);
    let streaming = head(&one, request()).await.unwrap();
    assert_eq!(reason(head(&other, request()).await), Some(RejectionReason::QueueFull));
    drop(streaming);
    assert!(head(&other, request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_key_has_one_circuit_through_all_services() {
    let layer = CircuitBreakerLayer::http("circuit").consecutive(1).per_key(host::<Plain>).build().unwrap();
    let [one, other] = made_by(&layer, At::Head, After(0, Err(Down(1))));
    assert!(head(&one, request()).await.is_err());
    assert_eq!(reason(head(&other, request()).await), Some(RejectionReason::CircuitOpen));
    assert_eq!(reason(head(&other, elsewhere()).await), None);
    assert_eq!(layer.handle().len(), 2);
    assert_eq!(layer.handle().get(&host(&elsewhere())).unwrap().phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_key_has_one_set_of_places_through_all_services() {
    let layer = BulkheadLayer::http(1).per_key(host::<Plain>).build().unwrap();
    let [one, other] = made_by(&layer, At::Body, Answer::Never);
    let streaming = head(&one, request()).await.unwrap();
    assert_eq!(reason(head(&other, request()).await), Some(RejectionReason::Full));
    assert!(head(&other, elsewhere()).await.is_ok());
    drop(streaming);
    assert!(head(&other, request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_key_has_one_queue_through_all_services() {
    let layer = BulkheadLayer::http(1).max_queue(0).per_key(host::<Plain>).build().unwrap();
    let [one, other] = made_by(&layer, At::Body, Answer::Never);
    let streaming = head(&one, request()).await.unwrap();
    assert_eq!(reason(head(&other, request()).await), Some(RejectionReason::QueueFull));
    assert!(head(&other, elsewhere()).await.is_ok());
    drop(streaming);
    assert!(head(&other, request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_spent_by_all_services() {
    let budget = Budget::builder().capacity(1).ratio(0.0).per_second(0.0).build().unwrap();
    let layer =
        RetryLayer::http::<ReplayBody<Plain>>("retry").backoff(Backoff::none()).budget(budget.clone()).build().unwrap();
    let [one, other] = made_by(&layer, At::Head, After(0, Ok(503)));
    head(&one, request()).await.unwrap();
    assert_eq!(budget.available(), 0);
    let answered: Response<palisade::http::DrainedBody<Reply>> = head(&other, request()).await.unwrap();
    assert_eq!((answered.status().as_u16(), budget.available()), (503, 0));
}
