//! The lab: that its numbers are those of a real run, what the defaults do under loads, and what its report shows.

#[path = "../../examples/lab/played.rs"]
#[expect(dead_code, reason = "what only the engine asks of the figures")]
mod played;
#[path = "../../examples/lab/report/mod.rs"]
mod report;

mod page;
