//! What the layers cost of the heap. Each test runs in a process of its own, because the allocator counts the whole process.

mod allocations;
mod heap;
mod memory;
mod per_key;
#[path = "../support/mod.rs"]
mod support;
