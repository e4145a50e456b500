//! The lab of the examples: how its engine plays, what the defaults do under loads, and what its report shows.
//!
//! `cargo test --test lab workloads -- --nocapture` prints the results that stand in the crate's docs.

#![allow(dead_code, reason = "the example uses more of its modules than these tests")]

mod engine;
mod judged;
mod page;
mod sweep_picture;
mod workloads;

#[path = "../../examples/lab/asked.rs"]
mod asked;
#[path = "../../examples/lab/call.rs"]
mod call;
#[path = "../../examples/lab/claim.rs"]
mod claim;
#[path = "../../examples/lab/legal.rs"]
mod legal;
#[path = "../../examples/lab/marks.rs"]
mod marks;
#[path = "../../examples/lab/play.rs"]
mod play;
#[path = "../../examples/lab/played.rs"]
mod played;
#[path = "../../examples/lab/policy/mod.rs"]
mod policy;
#[path = "../../examples/lab/ranking.rs"]
mod ranking;
#[path = "../../examples/lab/record.rs"]
mod record;
#[path = "../../examples/lab/report/mod.rs"]
mod report;
#[path = "../../examples/lab/scenario.rs"]
mod scenario;
#[path = "../../examples/lab/span.rs"]
mod span;
#[path = "../../examples/lab/sweep/mod.rs"]
mod sweep;
#[path = "../../examples/lab/trace/mod.rs"]
mod trace;
#[path = "../../examples/lab/upstream/mod.rs"]
mod upstream;
#[path = "../../examples/lab/workload.rs"]
mod workload;
