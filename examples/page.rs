//! A server with a page that shows its layers, and one that steers them: `cargo run --example page --features axum,page`.
//!
//! It serves on a free port until it is stopped. With an address, such as `-- 127.0.0.1:8080`, it serves there; with a name after it,
//! its layers have that name.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;
use std::{env, io};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, ConfigError, Error, MeasureLayer, Name,
    Registry,
};
use tokio::net::TcpListener;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

struct Payment {
    customer: String,
    fails: bool,
}

fn circuit(name: &'static str) -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder(name).consecutive(3).open_for(Backoff::constant(Duration::from_secs(5)))
}

type Payments = BoxCloneSyncService<Payment, &'static str, Error>;

/// A client of a service that fails when it should, with a circuit for all, and one for each customer.
fn payments(name: Name) -> Result<Payments, ConfigError> {
    Ok(ServiceBuilder::new()
        .layer(BoxCloneSyncService::layer())
        .layer(MeasureLayer::new(name.as_str())?)
        .layer(circuit(name.as_str()).build()?)
        .layer(circuit("customers").per_key(|payment: &Payment| payment.customer.clone()).show_keys().build()?)
        .layer(BulkheadLayer::builder(8).name(name).build()?)
        .service(service_fn(|payment: Payment| async move {
            if payment.fails { Err(io::Error::other("down")) } else { Ok("paid\n") }
        })))
}

/// The payments, and what is known of their layers at two addresses.
fn app(payments: Payments) -> Router {
    // A site whose name suddenly leads to this machine asks for its own name, and gets nothing.
    let page = || Registry::global().page().hosts(["127.0.0.1", "localhost"]).reading(|_| true).show_keys();
    Router::new()
        .route("/pay/{customer}", get(|payment| pay(payment, false)))
        .route("/fail/{customer}", get(|payment| pay(payment, true)))
        // Whoever reaches it may look.
        .nest_service("/watch", page())
        // Here they may steer, too. Look for a cookie or a password before others than you can reach it.
        .nest_service("/steer", page().steering(|_| true).who(|_| "who sits here".to_owned()))
        .with_state(payments)
}

type Asked = (State<Payments>, Path<String>);

async fn pay((State(payments), Path(customer)): Asked, fails: bool) -> Result<&'static str, (StatusCode, String)> {
    let paid = payments.oneshot(Payment { customer, fails }).await;
    paid.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut args = env::args().skip(1);
    let listener = TcpListener::bind(args.next().as_deref().unwrap_or("127.0.0.1:0")).await?;
    let payments = payments(Name::new(args.next().unwrap_or("payments".to_owned()))?)?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("{url}/watch/ shows the layers, and {url}/steer/ steers them");
    println!("each {url}/pay/ann is a good call for them, and each {url}/fail/ann one that fails");
    Ok(axum::serve(listener, app(payments)).await?)
}
