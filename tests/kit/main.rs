//! The kit that tests are made with does what it says.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod at_rest;
mod event_log;
mod faults;
mod partitions;
mod sockets;
