//! A shop that loses no order: its payment service goes down, and the shop itself is killed twice while customers order.
//!
//! An order is charged, reserved and shipped as a saga. While payments are down, charges are queued as dead letters and made later. Saga and
//! letters stand in one file, so a shop that is started again goes on where the killed one was.
//!
//! `cargo run --release --features axum,redb,serde --example orders` shows what happens; with `-- --check` it also fails unless all
//! orders were done or undone, and the money adds up. Read `shop.rs` for the layers.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod customers;
mod services;
mod shop;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower::BoxError;

use crate::customers::Answers;
use crate::services::{Books, Services};

/// When payments are down, counted from the first order.
const DOWN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(2_500));
/// When the shop is killed: while all is well, and while payments are down.
const KILLS: [Duration; 2] = [Duration::from_millis(700), Duration::from_millis(1_600)];
/// Long enough for everything to end.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [] => story(false).await,
        ["--check"] => story(true).await,
        ["shop", file, port, services] => shop::serve(file, port.parse()?, services).await,
        other => Err(format!("{other:?} is unknown; there is only `--check`").into()),
    }
}

async fn story(check: bool) -> Result<ExitCode, BoxError> {
    let folder = env::temp_dir().join(format!("orders-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("shop.redb").display().to_string();
    let services = Arc::new(Services::default());
    let address = services::serve(Arc::clone(&services)).await?;
    let port = free_port().await?;

    let start = || start_shop(&file, port, &address);
    let mut shop = start()?;
    customers::until_open(port).await?;
    let began = now();
    let customers = tokio::spawn(customers::order(port, began));
    let outage = tokio::spawn(outage(Arc::clone(&services), began));
    for at in KILLS {
        sleep_until(began + at).await;
        shop.kill().await?; // SIGKILL: the shop has no chance to say goodbye
        shop = start()?;
    }
    let answers = timeout(PATIENCE, customers).await???;
    outage.await?;
    timeout(PATIENCE, customers::until_at_rest(port)).await??;
    shop.kill().await?;
    std::fs::remove_dir_all(folder)?;

    let books = services.books();
    println!("{answers} kills={} {books}", KILLS.len());
    let broken = if check { broken(&answers, &books) } else { Vec::new() };
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What does not hold, though it should.
fn broken(answers: &Answers, books: &Books) -> Vec<&'static str> {
    let conditions = [
        (
            "each order is answered: it is shipped, or nothing is left of it",
            answers.done.len() + answers.undone.len() == answers.sent,
        ),
        ("orders are shipped while payments are down", answers.paid_later > 0),
        ("some orders are undone, because a thing is sold out", !answers.undone.is_empty()),
        ("who was told so gets the thing, once", books.are_shipped_once(&answers.done)),
        ("who gets the thing has paid it, once", books.have_paid(&answers.done)),
        ("who does not get it has paid nothing, and nothing is set aside", books.have_nothing(&answers.undone)),
    ];
    conditions.into_iter().filter(|(_, holds)| !holds).map(|(condition, _)| condition).collect()
}

async fn outage(services: Arc<Services>, began: Instant) {
    sleep_until(began + DOWN.0).await;
    services.set_payments_down(true);
    sleep_until(began + DOWN.1).await;
    services.set_payments_down(false);
}

fn start_shop(file: &str, port: u16, services: &str) -> Result<Child, BoxError> {
    let mut shop = Command::new(env::current_exe()?);
    Ok(shop.args(["shop", file, &port.to_string(), services]).kill_on_drop(true).spawn()?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example is no part of the crate, whose `time.rs` alone reads the clock"
)]
fn now() -> Instant {
    Instant::now()
}

/// A port that is free now. The shop takes it anew after each start.
async fn free_port() -> Result<u16, BoxError> {
    Ok(tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// Waits a moment before something is tried again.
async fn a_moment() {
    sleep(Duration::from_millis(20)).await;
}
