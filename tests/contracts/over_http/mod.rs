//! The laws over HTTP, where an answer goes on after its head: a call ends with its body.

mod calls;
mod cut;
mod every_poll;
mod keys;
mod limits;
mod panics;
mod readiness;
mod seeded;
mod server;
mod sharing;
mod stacks;
mod stale;
