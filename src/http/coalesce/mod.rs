//! Responses that callers share: whole in memory, or not shared at all.

mod body;
mod gather;
mod gets;

pub use self::body::SharedBody;
pub(crate) use self::gather::MAX_BODY;
pub use self::gather::{Buffered, GatherBody, Gathered};
pub use self::gets::OnlyGets;
