//! What the shop calls: payments, stock and shipping. Each does once what it is asked twice by one key, and nothing more for an order
//! that was given up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use parking_lot::Mutex;
use tower::BoxError;

use crate::shop::{PRICE, Task};

/// How many things there are of the kind that is rare.
const RARE: usize = 10;

/// The services, and what they remember.
#[derive(Debug, Default)]
pub(crate) struct Services {
    payments_down: AtomicBool,
    books: Mutex<Books>,
}

/// What was done, by the orders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    /// The keys of all that was done.
    keys: BTreeSet<String>,
    charged: BTreeMap<String, u64>,
    refunded: BTreeSet<String>,
    reserved: BTreeMap<String, String>,
    released: BTreeSet<String>,
    shipped: BTreeMap<String, u64>,
}

impl Services {
    pub(crate) fn set_payments_down(&self, down: bool) {
        self.payments_down.store(down, Ordering::Relaxed);
    }

    pub(crate) fn books(&self) -> Books {
        self.books.lock().clone()
    }
}

impl Books {
    fn paid(&self, order: &str) -> u64 {
        if self.refunded.contains(order) { 0 } else { self.charged.get(order).copied().unwrap_or(0) }
    }

    pub(crate) fn have_paid(&self, orders: &[String]) -> bool {
        orders.iter().all(|order| self.paid(order) == PRICE)
    }

    pub(crate) fn are_shipped_once(&self, orders: &[String]) -> bool {
        self.shipped.len() == orders.len() && orders.iter().all(|order| self.shipped.get(order) == Some(&1))
    }

    pub(crate) fn have_nothing(&self, orders: &[String]) -> bool {
        orders.iter().all(|order| self.paid(order) == 0 && !self.reserved.contains_key(order))
    }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refunded = self.refunded.iter().filter(|order| self.charged.contains_key(*order)).count();
        write!(f, "shipped={} charged={} refunded={refunded}", self.shipped.len(), self.charged.len())
    }
}

/// Serves them all, and returns where.
pub(crate) async fn serve(services: Arc<Services>) -> Result<String, BoxError> {
    let app = Router::new()
        .route("/charge", post(charge))
        .route("/refund", post(refund))
        .route("/reserve", post(reserve))
        .route("/release", post(release))
        .route("/ship", post(ship))
        .with_state(services);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

async fn charge(State(services): State<Arc<Services>>, Json(task): Json<Task>) -> StatusCode {
    if services.payments_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let mut books = services.books.lock();
    if !books.refunded.contains(&task.order.id) && books.keys.insert(task.key) {
        *books.charged.entry(task.order.id).or_default() += PRICE;
    }
    StatusCode::OK
}

async fn refund(State(services): State<Arc<Services>>, Json(task): Json<Task>) -> StatusCode {
    if services.payments_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    services.books.lock().refunded.insert(task.order.id);
    StatusCode::OK
}

async fn reserve(State(services): State<Arc<Services>>, Json(task): Json<Task>) -> StatusCode {
    let mut books = services.books.lock();
    let Task { key, order } = task;
    let taken = books.reserved.values().filter(|thing| **thing == order.thing).count();
    if books.keys.contains(&key) {
        return StatusCode::OK;
    }
    if books.released.contains(&order.id) || (order.thing == "rare" && taken >= RARE) {
        return StatusCode::CONFLICT;
    }
    books.keys.insert(key);
    books.reserved.insert(order.id, order.thing);
    StatusCode::OK
}

async fn release(State(services): State<Arc<Services>>, Json(task): Json<Task>) -> StatusCode {
    let mut books = services.books.lock();
    books.reserved.remove(&task.order.id);
    books.released.insert(task.order.id);
    StatusCode::OK
}

async fn ship(State(services): State<Arc<Services>>, Json(task): Json<Task>) -> StatusCode {
    let mut books = services.books.lock();
    if books.keys.insert(task.key) {
        *books.shipped.entry(task.order.id).or_default() += 1;
    }
    StatusCode::OK
}
