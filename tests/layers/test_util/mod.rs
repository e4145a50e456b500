//! The kit that tests stacks.

mod dropping;
mod probe;
mod scripted;
mod seed;
