//! Calls that several callers wait for, each under a key: begun, joined, polled by one at a time, ended, and forgotten.
//!
//! Whether a call may be joined is said by itself: it may until it is over. The map by keys only finds it. So a key is free at the
//! moment its call is over, though the call is taken out of the map after that.

mod bell;
mod counted;
mod drive;
mod shard;

pub(crate) use self::counted::{Counted, Passage};
pub(crate) use self::drive::{Drive, Joined, Ticket, Turn};
pub(crate) use self::shard::{Leads, Shard};
