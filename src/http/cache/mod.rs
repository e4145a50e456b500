//! Responses that are kept as HTTP says.

mod directives;
mod judged;
mod kept;
mod key;
mod layers;
mod reading;
mod resource;
mod semantics;
mod wants;

pub use self::kept::Kept;
pub use self::key::HttpKey;
pub use self::reading::Reading;
pub use self::semantics::{Asked, Semantics};
