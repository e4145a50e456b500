//! Measures what the layers cost a gateway (axum in, hyper-util out) and a client of hyper-util, over loopback.
//!
//! Each gateway and the upstream is a process of its own, with one thread, and this program calls them in turn and in short rounds,
//! so that noise meets all of them alike. `benches/gateway.sh` builds and runs it; an argument is the number of rounds.

mod gateways;
mod load;
mod process;

use std::env;

use tokio::runtime;

use crate::gateways::Kind;
use crate::load::Clients;
use crate::process::Process;

/// Requests in a round: few, so that what is paired was measured at nearly the same time.
const REQUESTS: u32 = 400;
/// How many requests are under way at once, where a gateway is called.
const CALLERS: u32 = 8;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a thread may have a runtime");
    runtime.block_on(async {
        match arguments[..] {
            ["upstream"] => gateways::upstream().await,
            // For a profiler that watches one of them.
            ["load", address] => drop(Clients::new().bare(address, CALLERS, 20_000).await),
            [kind, upstream] => gateways::serve(Kind::of(kind), upstream).await,
            [] => measure(200).await,
            [rounds] => measure(rounds.parse().expect("the argument is a number of rounds")).await,
            _ => panic!("at most one argument: the number of rounds"),
        }
    });
}

async fn measure(rounds: u32) {
    let upstream = Process::start(&["upstream"]);
    let gateways = Kind::ALL.map(|kind| (kind.name(), Process::start(&[kind.name(), &upstream.address])));
    let clients = Clients::new();

    println!("Medians of {rounds} rounds of {REQUESTS} requests; the ratios are medians too, of those of each round.");
    let cpu = paired(rounds, 3, async |which| {
        let (_, gateway) = &gateways[which];
        let before = gateway.cpu();
        clients.bare(&gateway.address, CALLERS, REQUESTS).await;
        (gateway.cpu() - before) / f64::from(REQUESTS)
    });
    for ((name, _), (micros, of_bare)) in gateways.iter().zip(cpu.await) {
        println!("gateway, {name:<6} {micros:>7.1} us of CPU a request, {of_bare:.3} of bare");
    }
    for callers in [1, CALLERS] {
        let rates = paired(rounds, 2, async |which| {
            let took = match which {
                0 => clients.bare(&upstream.address, callers, REQUESTS).await,
                _ => clients.ours(&upstream.address, callers, REQUESTS).await,
            };
            f64::from(REQUESTS) / took.as_secs_f64()
        });
        for (name, (rate, of_bare)) in ["bare", "ours"].iter().zip(rates.await) {
            println!("client,  {name:<6} {rate:>7.0} requests a second, {of_bare:.3} of bare, {callers} at once");
        }
    }
}

/// Measures each contender in turn, and returns the median of each, and of its ratio to the first in the same round.
async fn paired(rounds: u32, contenders: usize, measure: impl AsyncFn(usize) -> f64) -> Vec<(f64, f64)> {
    let mut rows = Vec::new();
    // The first round warms up.
    for round in 0..=rounds as usize {
        let mut row = vec![0.0; contenders];
        for turn in 0..contenders {
            let which = (turn + round) % contenders;
            row[which] = measure(which).await;
        }
        rows.push(row);
    }
    let median_of = |value: &dyn Fn(&[f64]) -> f64| median(rows[1..].iter().map(|row| value(row)).collect());
    (0..contenders).map(|which| (median_of(&|row| row[which]), median_of(&|row| row[which] / row[0]))).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
