//! Responses that callers share: whole in memory, or not shared at all.

mod body;
mod gather;
mod gets;

pub use self::body::SharedBody;
pub(crate) use self::gather::MAX_BODY;
pub use self::gather::{Buffered, GatherBody, Gathered};
#[cfg(feature = "http-cache-semantics")]
pub(in crate::http) use self::gather::{Kind, Whole};
pub use self::gets::OnlyGets;
#[cfg(feature = "http-cache-semantics")]
pub(in crate::http) use self::gets::{OWN, take_deadline};
