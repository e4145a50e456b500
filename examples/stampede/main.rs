//! Prices that run out together, and an origin that goes down: without a cache, with one as it is often written, and with the layers.
//!
//! A thousand clients come in each second. The origin can give a hundred prices a second, and is down from the sixth to the eleventh
//! second. All prices were fetched together, so they run out together.
//!
//! `cargo run --release --features moka --example stampede` shows what happens; with `-- --check` it also fails unless the layers
//! helped. Read `shops.rs` for the layers.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod clients;
mod origin;
mod shops;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::join;
use tower::BoxError;

use crate::clients::{Report, SECONDS, send};
use crate::origin::Origin;

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let check = asked_to_check()?;
    let start = origin::now() + Duration::from_millis(200);
    // Each shop has an origin of its own, so that none suffers from the others.
    let [one, two, three] = [(); 3].map(|()| Arc::new(Origin::new(start)));
    println!("{SECONDS} seconds; the origin is down for five of them");
    let (bare, by_hand, protected) = join!(
        tokio::spawn(send("bare", shops::bare(Arc::clone(&one)), one, start)),
        tokio::spawn(send("cached", shops::by_hand(Arc::clone(&two)), two, start)),
        tokio::spawn(send("protected", shops::protected(Arc::clone(&three))?, three, start)),
    );
    let reports = [bare?, by_hand?, protected?];
    for report in &reports {
        println!("{report}");
    }
    let broken = if check { broken(&reports) } else { Vec::new() };
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What does not hold, though it should.
fn broken([bare, by_hand, protected]: &[Report; 3]) -> Vec<&'static str> {
    let conditions = [
        ("bare, most calls fail", bare.failed * 2 > bare.sent),
        ("the cache by hand fails in a third of the calls", by_hand.failed * 3 > by_hand.sent),
        ("with the layers no call fails", protected.failed == 0),
        ("in the outage callers get stale prices", protected.stale > 0),
        ("most prices are fresh", protected.good * 2 > protected.sent),
        ("the origin is asked by few", protected.origin_calls * 10 < protected.sent as u64),
        (
            "a stale price takes less than a millisecond",
            protected.stale_p99.is_some_and(|p99| p99 < Duration::from_millis(1)),
        ),
    ];
    conditions.into_iter().filter(|(_, holds)| !holds).map(|(condition, _)| condition).collect()
}

fn asked_to_check() -> Result<bool, BoxError> {
    match env::args().nth(1).as_deref() {
        None => Ok(false),
        Some("--check") => Ok(true),
        Some(other) => Err(format!("`{other}` is unknown; there is only `--check`").into()),
    }
}
