//! The kit that tests stacks.

mod at_rest;
mod dropping;
mod event_log;
mod faults;
mod partitions;
mod probe;
mod scripted;
mod seed;
mod sockets;
