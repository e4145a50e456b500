//! Lets calls that are the same share one.

mod builder;
mod call;
mod future;
mod handle;
mod layer;
mod share;
mod to_key;

pub use self::builder::CoalesceBuilder;
pub use self::future::ResponseFuture;
pub use self::handle::CoalesceHandle;
pub use self::layer::{Coalesce, CoalesceLayer};
pub use self::share::{Cloned, Share};
pub use self::to_key::ToKey;
pub use crate::flight::Panicked;
