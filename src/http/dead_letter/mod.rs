//! Dead letters of HTTP calls: their requests are whole in memory, are made bytes, and are replayed.

mod codec;
mod making;
mod replay;

pub use self::codec::WholeRequest;
pub use self::making::MakingLetter;
pub use self::replay::WithLetterId;
