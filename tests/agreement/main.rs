//! The lab agrees with a run over sockets: the same trace and the same layers, against a server that is like its model.
//!
//! It stands alone, because it runs in real time: tests beside it that play for seconds would take the processors from its server.

#![allow(dead_code, reason = "the example uses more of its modules than this test")]
#![expect(clippy::cast_precision_loss, reason = "calls are few")]

mod client;
mod server;

#[path = "../../examples/lab/call.rs"]
mod call;
#[path = "../../examples/lab/legal.rs"]
mod legal;
#[path = "../../examples/lab/play.rs"]
mod play;
#[path = "../../examples/lab/played.rs"]
mod played;
#[path = "../../examples/lab/policy/mod.rs"]
mod policy;
#[path = "../../examples/lab/record.rs"]
mod record;
#[path = "../../examples/lab/span.rs"]
mod span;
#[path = "../../examples/lab/trace/mod.rs"]
mod trace;
#[path = "../../examples/lab/upstream/mod.rs"]
mod upstream;

use std::time::Duration;

use palisade::Deadline;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tower::ServiceExt;

use self::client::client;
use self::server::Server;
use crate::call::{Answer, Call};
use crate::play::Script;
use crate::policy::Policy;
use crate::trace::Trace;
use crate::trace::load::{Load, Rate};
use crate::upstream::Upstream;

const SEED: u64 = 1;

/// README's stack, with fewer places.
const POLICY: &str = "
    total_timeout.after = '3s'
    attempt_timeout.after = '1s'
    bulkhead.max_concurrent = 24
    [retry]
    [circuit_breaker]
";

/// It can answer 160 calls a second, then none, then 32: fewer than arrive, so that most find no place.
///
/// A machine that is a little late must not decide. So the outage ends in the middle of an open time of the circuit, with 16 calls
/// before it an attempt ends after three quarters of its limit, and there is room for ten more calls than a calm service has.
const UPSTREAM: &str = "
    workers = 8
    work.constant = '50ms'
    spell = [
        { from = '6s', to = '10s', it = 'refuses' },
        { from = '14s', to = '16s', it.works.constant = '250ms' },
    ]
";

/// A run in which a call comes later than this says nothing about the lab, and another begins.
const LATE: Duration = Duration::from_millis(100);

/// After so many late runs the machine is too busy for the test.
const RUNS: u32 = 10;

/// Calls that were answered, and calls that reached the service.
#[derive(Clone, Copy, Debug)]
struct Figures {
    good: u64,
    sent: u64,
}

/// Plays it in real time. `None` if the machine was so busy that a call came late.
async fn over_sockets(trace: &Trace, policy: &Policy, upstream: &Upstream) -> Option<Figures> {
    // The server and the arrivals begin together.
    let start = Deadline::after(Duration::from_millis(100)).instant();
    let server = Server::start(upstream, start).await;
    let stack = policy.build(SEED, client(server.url.clone())).expect("it is legal").service;
    let mut calls = JoinSet::new();
    for (arrival, number) in trace.arrivals(SEED).zip(0..) {
        let at = start + arrival.at;
        sleep_until(at).await;
        if at.elapsed() > LATE {
            return None;
        }
        calls.spawn(stack.clone().oneshot(Call { number, at: arrival.at, told: arrival.told }));
    }
    let good = calls.join_all().await.iter().filter(|answer| matches!(answer, Ok(Answer::Good))).count();
    Some(Figures { good: good as u64, sent: server.sent() })
}

#[tokio::test]
async fn the_lab_agrees_with_a_run_over_sockets() {
    let trace = Trace::Drawn(vec![Load { lasts: Duration::from_secs(20).into(), rate: Rate::Steady(100.0) }]);
    let upstream: Upstream = toml::from_str(UPSTREAM).unwrap();
    let policy = Policy::parse("readme", POLICY).unwrap();
    let (mut real, mut runs) = (None, 0..RUNS);
    while real.is_none() && runs.next().is_some() {
        real = over_sockets(&trace, &policy, &upstream).await;
    }
    let real = real.expect("the machine is on time in one of the runs");
    let lab = tokio::task::spawn_blocking(move || {
        let script = Script { trace: &trace, patience: Duration::from_secs(60), upstream: &upstream, seed: SEED };
        script.play(&policy).unwrap().totals
    });
    let lab = lab.await.unwrap();
    for (real, lab) in [(real.good, lab.good), (real.sent, lab.sent)] {
        assert!((real as f64 / lab as f64 - 1.0).abs() <= 0.05, "{real} over sockets, {lab} in the lab");
    }
}
