//! The shop: an order is a saga of three steps, and a charge that cannot be made now is made later.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use http::StatusCode;
use palisade::saga::StepKey;
use palisade::store::{Json, RedbStore, Store};
use palisade::{
    Backoff, CircuitBreakerLayer, DeadLetter, DeadLetterLayer, DeadLetters, RetryLayer, Saga, SagaError, TimeoutLayer,
};
use serde::{Deserialize, Serialize};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

/// What every thing costs.
pub(crate) const PRICE: u64 = 20;

/// An order, as the steps fill it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) thing: String,
    /// Whether the charge was queued.
    pub(crate) paid_later: bool,
}

/// What a service is asked to do for an order: once, however often it is asked by one key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) key: String,
    pub(crate) order: Order,
}

/// When a charge is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charged {
    Now,
    Later,
}

/// The services, over HTTP.
#[derive(Clone, Debug)]
struct Client {
    http: reqwest::Client,
    address: String,
}

impl Client {
    async fn ask(&self, what: &str, task: &Task) -> Result<(), BoxError> {
        let response = self.http.post(format!("{}/{what}", self.address)).json(task).send().await?;
        response.error_for_status()?;
        Ok(())
    }

    /// Asks for an order, by the key of the step or of its compensation.
    async fn step(&self, what: &'static str, order: Order, key: StepKey) -> Result<Order, palisade::Error> {
        let task = Task { key: key.to_string(), order };
        self.ask(what, &task).await?;
        Ok(task.order)
    }
}

#[derive(Clone)]
struct Shop {
    orders: Saga<Order>,
    letters: DeadLetters<Task>,
}

/// Serves the shop on the port, until it is killed.
pub(crate) async fn serve(file: &str, port: u16, services: &str) -> Result<ExitCode, BoxError> {
    let store: Arc<dyn Store> = Arc::new(RedbStore::open(file).await?);
    let client = Client { http: reqwest::Client::new(), address: services.to_owned() };
    let letters = DeadLetters::builder("payments", Arc::clone(&store), Json).key(|task: &Task| task.order.id.clone());
    let letters = letters.open().await?;

    // One call of the payments, as charges and their replays make it. They share the circuit.
    let payments = client.clone();
    let once = ServiceBuilder::new()
        .layer(
            CircuitBreakerLayer::builder("payments").open_for(Backoff::constant(Duration::from_millis(300))).build()?,
        )
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .service(service_fn(move |task: Task| {
            let payments = payments.clone();
            async move { payments.ask("charge", &task).await.map(|()| Charged::Now).map_err(palisade::Error::from) }
        }));
    let charge = ServiceBuilder::new()
        // A charge has a key, so that it may be made again where nobody knows whether it was.
        .layer(DeadLetterLayer::new(letters.clone()).accept(|_: &DeadLetter<Task>| Charged::Later).accept_unclear())
        .layer(RetryLayer::builder("payments").max_attempts(2).build()?)
        .service(once.clone());

    let [undo, stock, restock, shipping] = [(); 4].map(|()| client.clone());
    let orders = Saga::builder("orders", store, Json)
        .backoff(Backoff::constant(Duration::from_millis(200)))
        .step(
            "charge",
            move |order: Order, key: StepKey| {
                let charge = charge.clone();
                async move {
                    let charged = charge.oneshot(Task { key: key.to_string(), order: order.clone() }).await?;
                    Ok::<_, palisade::Error>(Order { paid_later: charged == Charged::Later, ..order })
                }
            },
            move |order, key| {
                let undo = undo.clone();
                async move { undo.step("refund", order, key).await.map(drop) }
            },
        )
        .step(
            "reserve",
            move |order, key| {
                let stock = stock.clone();
                async move { stock.step("reserve", order, key).await }
            },
            move |order, key| {
                let restock = restock.clone();
                async move { restock.step("release", order, key).await.map(drop) }
            },
        )
        .pivot("ship", move |order, key| {
            let shipping = shipping.clone();
            async move { shipping.step("ship", order, key).await }
        })
        .build()?;

    // What the shop that was killed has left.
    orders.resume().await?;
    let replay = letters.replay(once).concurrency(16).backoff(Backoff::constant(Duration::from_millis(200)));
    tokio::spawn(replay.run());

    let app = Router::new()
        .route("/open", get(|| async { StatusCode::OK }))
        .route("/at_rest", get(at_rest))
        .route("/order/{id}/{thing}", post(order))
        .with_state(Shop { orders, letters });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(ExitCode::SUCCESS)
}

/// 200 if the order is shipped and paid, 202 if it is shipped and paid later, 409 if nothing is left of it, and 503 as long as nobody
/// knows.
async fn order(State(shop): State<Shop>, Path((id, thing)): Path<(String, String)>) -> StatusCode {
    match shop.orders.run(id.clone(), Order { id, thing, paid_later: false }).await {
        Ok(order) if order.paid_later => StatusCode::ACCEPTED,
        Ok(_) => StatusCode::OK,
        Err(SagaError::Failed { uncompensated, .. }) if uncompensated.is_empty() => StatusCode::CONFLICT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// 200 if no saga is under way, and no letter waits.
async fn at_rest(State(shop): State<Shop>) -> StatusCode {
    let is_at_rest = shop.orders.handle().sagas().is_empty() && shop.letters.waiting() + shop.letters.parked() == 0;
    if is_at_rest { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
