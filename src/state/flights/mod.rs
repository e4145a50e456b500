//! Calls that several callers wait for, each under a key: begun, joined, polled by one at a time, and ended.
//!
//! Whether a call may be joined is said by itself: it may until it is over, or all have left it. The map by keys only leads to it. So a
//! key is free at that moment, though it stays in the map until another needs its place.

mod bell;
mod counted;
mod drive;
mod shard;
mod ticket;

pub(crate) use self::counted::{Counted, Passage};
pub(crate) use self::drive::{Drive, Joined, Turn};
pub(crate) use self::shard::{Leads, Shard};
pub(crate) use self::ticket::Ticket;
