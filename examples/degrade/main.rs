//! A shop that goes on selling: in trouble it switches off what nobody came for, and back on when the trouble is over.
//!
//! Clients ask for five pages at a steady rate. `/browse` and `/checkout` come from the core, the server with the catalogue and the
//! payments. `/search`, `/recommendations` and `/reviews` are features. Each has a server of its own, and the last two also need the
//! core. First the server of the search hangs, so that the core has to search. Then a sale brings five times as many clients, who
//! together need more than the core can do. Signals of the layers change the mode, the mode switches features off, and their
//! fallbacks answer. When the trouble is over, signals bring the features back.
//!
//! A second shop has the same layers, clients and troubles, but its mode stays `normal`. In the end a mode of the first is set by hand,
//! and one of its fallbacks is tried in a drill.
//!
//! `cargo run --release --features axum,hyper-util --example degrade` prints the modes with the signals that decided, and what
//! clients got. With `-- --check` it also fails unless the first shop went on selling, and the second did not.
//!
//! Read `shop.rs` for the modes and the layers.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod clients;
mod page;
mod report;
mod server;
mod shop;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use palisade::event::{self, Event, Source};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower::BoxError;

use crate::clients::now;
use crate::report::{Change, Row};
use crate::server::Trouble;
use crate::shop::Shop;

/// What happens to the shops, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Well,
    SearchHangs,
    Sale,
    Recovery,
    WellAgain,
    ByHand,
    Drill,
}

impl Act {
    const ALL: [Self; 7] =
        [Self::Well, Self::SearchHangs, Self::Sale, Self::Recovery, Self::WellAgain, Self::ByHand, Self::Drill];

    /// How many times the usual number of clients come.
    const fn crowd(self) -> u32 {
        if matches!(self, Self::Sale) { 5 } else { 1 }
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let (start, changes) = (now(), Arc::<Mutex<Vec<Change>>>::default());
    let (shop, without) = (Shop::open().await?, Shop::open().await?);
    // By hand, so that it stays what it is, whatever the signals say.
    without.degradation.set("normal")?;

    let heard = Arc::clone(&changes);
    let subscription = event::observe(move |_: Source<'_>, event: &Event<'_>| {
        if let Event::ModeChanged { from, to, signal, value, .. } = *event {
            let why = signal.zip(value).map_or("by hand".into(), |(signal, value)| format!("{signal} is {value:.2}"));
            println!("{:5.1} s: from {from} to {to}, {why}", start.elapsed().as_secs_f64());
            heard.lock().push((to, signal));
        }
    });
    let (act, acts) = watch::channel(Act::Well);
    let clients = [&shop, &without].map(|shop| tokio::spawn(clients::ask(shop.url.clone(), acts.clone())));
    play(&shop, &without, |next| {
        println!("{:5.1} s: {next:?}", start.elapsed().as_secs_f64());
        act.send_replace(next);
    })
    .await?;
    drop((subscription, act));

    println!("\nof the features: the page itself, the first and the second step of its fallback, nothing");
    let mut rows = Vec::new();
    for (name, clients) in ["modes", "without"].into_iter().zip(clients) {
        let log = clients.await??;
        rows.push(Act::ALL.map(|act| Row::of(name, act, &log)));
    }
    // The rest was for the first shop alone.
    for row in rows[0].iter().chain(&rows[1][..=Act::WellAgain as usize]) {
        println!("{row}");
    }
    let rehearsed = report::rehearsed();
    let ends: Vec<_> = rehearsed.iter().map(|(end, count)| format!("{end}={count}")).collect();
    println!("rehearsed {}", ends.join(" "));
    let to_check = env::args().any(|arg| arg == "--check");
    let broken = if to_check { report::broken(&rows[0], &rows[1], &changes.lock(), &rehearsed) } else { Vec::new() };
    for condition in &broken {
        eprintln!("check failed, must hold: {condition}");
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Both shops have the same troubles. What is done by hand is done to the first.
async fn play(shop: &Shop, without: &Shop, begin: impl Fn(Act)) -> Result<(), BoxError> {
    let search = |trouble| [shop, without].map(|shop| shop.search.set(trouble));
    begin(Act::Well);
    sleep(Duration::from_secs(4)).await;
    search(Trouble::Hangs);
    begin(Act::SearchHangs);
    sleep(Duration::from_secs(5)).await;
    search(Trouble::Fails);
    begin(Act::Sale);
    // Nobody searches meanwhile, and 10 s after its open time the signal of a circuit that nobody calls would fall.
    sleep(Duration::from_secs(6)).await;
    search(Trouble::None);
    begin(Act::Recovery);
    let recovered = async {
        while shop.degradation.mode() != "normal" {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(30), recovered).await?;
    begin(Act::WellAgain);
    sleep(Duration::from_secs(3)).await;

    begin(Act::ByHand);
    shop.degradation.set("emergency")?;
    sleep(Duration::from_secs(2)).await;
    shop.degradation.auto();
    begin(Act::Drill);
    shop.reviews.always();
    sleep(Duration::from_secs(2)).await;
    shop.reviews.auto();
    Ok(())
}
