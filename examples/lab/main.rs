//! What would a policy have done? Plays a trace of calls against a model of an upstream service, through the real layers, in virtual
//! time.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod call;
mod play;
mod played;
mod policy;
mod record;
mod span;
mod trace;
mod upstream;

use crate::play::Script;
use crate::policy::Policy;
use crate::span::Span;
use crate::trace::{
    Trace,
    load::{Load, Rate},
};
use crate::upstream::{Spell, Trouble, Upstream};
use std::time::{Duration, Instant};

fn main() {
    let secs: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut policy = Policy::standard();
    policy.queue = None;
    let trace = Trace::Drawn(vec![Load { lasts: Span(Duration::from_secs(secs)), rate: Rate::Steady(1000.0) }]);
    let mut upstream = Upstream::default();
    upstream.spells.push(Spell {
        from: Span(Duration::from_secs(20)),
        to: Some(Span(Duration::from_secs(30))),
        every: None,
        it: Trouble::Refuses,
    });
    let script = Script { trace: &trace, patience: Duration::from_secs(60), upstream: &upstream, seed: 1 };
    std::thread::scope(|s| {
        for p in [Policy { name: "bare".into(), ..Policy::default() }, policy.clone()] {
            s.spawn(move || {
                let t = Instant::now();
                let played = script.play(&p).unwrap();
                println!("{} {:?} {:?}", played.policy, played.totals, t.elapsed());
                println!("{:?}", played.phases);
            });
        }
    });
}
