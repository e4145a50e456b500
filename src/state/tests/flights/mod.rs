//! Claims about calls that several callers share.

mod drive;
mod shard;
