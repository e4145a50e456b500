//! Sends a call a second time when the first attempt takes too long.
mod attempt;
mod builder;
mod call;
mod future;
mod layer;
mod rules;
mod running;
mod service;

pub use self::builder::HedgeBuilder;
pub use self::future::ResponseFuture;
pub use self::layer::{HedgeHandle, HedgeLayer};
pub use self::rules::{Always, HedgeIf, Rules};
pub use self::service::Hedge;
pub use crate::call::copies::{AsIs, CloneRequest, CopyRequest, KeepRequest, KeepResponse};
