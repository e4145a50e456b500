//! Calls that several callers wait for, each under a key: begun, joined, polled by one at a time, ended, and forgotten.
//!
//! Whether a call may be joined is said by itself: it may until it is over. The map by keys only finds it. A call is taken out of the map
//! before its result is given to anybody, so its key is free then.

mod bell;
mod counted;
mod drive;
mod shard;
mod ticket;

pub(crate) use self::counted::{Counted, Passage};
pub(crate) use self::drive::{Drive, Joined, Turn};
pub(crate) use self::shard::{Keyed, Shard};
pub(crate) use self::ticket::Ticket;
