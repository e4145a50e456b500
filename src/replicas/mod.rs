//! Makes one service of several that do the same.

mod builder;
mod call;
mod discover;
mod first;
mod future;
mod guard;
mod handle;
mod news;
mod passing;
mod replica;
mod seat;
mod service;
mod set;
mod shared;

pub use self::builder::ReplicasBuilder;
pub use self::future::ResponseFuture;
pub use self::guard::ReplicaGuard;
pub use self::handle::{ReplicaSnapshot, ReplicasHandle, ReplicasSnapshot};
pub use self::passing::{ByKey, KeyOf, Passing, Unkeyed};
pub use self::replica::Replica;
pub use self::service::Replicas;
pub use crate::state::replicas::{Phase, Policy};
