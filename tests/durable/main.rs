//! What was acknowledged outlives the process: children of this binary are killed, and their files are looked at.
//!
//! A kill proves what a process that dies leaves behind. It proves nothing about a machine that loses its power.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod child;
mod folder;
mod letters;
mod saga;
mod store;
