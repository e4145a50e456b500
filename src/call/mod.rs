//! How a call passes a layer.
//!
//! A layer that limits calls is an [`Admit`]: it looks at a request and gives a [`Guard`], or a rejection. Everything else is the
//! same for all of them, and is here: [`Admission`] asks the limit and calls the inner service, [`ResponseFuture`] holds the guard
//! while the call runs, and an [`End`] settles the guard by the result. The end knows the protocol: with [`Plain`] a call ends
//! with its response, with `http::Http` at the end of the response's body.
//!
//! ```text
//!     request ---> Admit ---> Guard ---> inner service ---> End ---> response
//!                    |          |                             |
//!                    |          | dropped: abandoned          | settles the guard, or lets the body hold it
//!                    v
//!                rejection
//! ```
//!
//! Use it for a limit of your own: [`AdmissionLayer::of`] gives it readiness and protocols, events for the rejections that
//! [`Source::reject`](crate::event::Source::reject) makes, and the handle that its [`Handled`] gives. A limit that only counts
//! implements [`Admit::admit`] and a guard that gives back on drop; all else has defaults. Only the crate's own limits have builders
//! and can be had [for each key](crate::keyed).
//!
//! # Example
//!
//! A limit on the size of requests:
//!
//! ```
//! use palisade::{
//!     DefaultClassifier, Error, Name, Rejection,
//!     call::{AdmissionLayer, Admit, Plain},
//!     event::{Kind, Source},
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! #[derive(Clone, Debug)]
//! struct MaxSize {
//!     bytes: usize,
//!     source: Source<'static>,
//! }
//!
//! impl Admit<String> for MaxSize {
//!     type Guard = ();
//!
//!     fn admit(&self, request: &String) -> Result<(), Rejection> {
//!         let fits = request.len() <= self.bytes;
//!         if fits { Ok(()) } else { Err(self.source.reject(None)) }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limit = MaxSize { bytes: 4, source: Source::new(Kind::Custom, Name::new("max size")?) };
//! let service = ServiceBuilder::new()
//!     .layer(AdmissionLayer::of(limit, Plain::new(DefaultClassifier)))
//!     .service(service_fn(|text: String| async move { Ok::<_, Error>(text.len()) }));
//!
//! assert_eq!(service.clone().oneshot("four".to_owned()).await?, 4);
//! assert!(matches!(service.oneshot("eight...".to_owned()).await, Err(Error::Rejected(_))));
//! # Ok(())
//! # }
//! ```
//!
//! # Events
//!
//! Of a limit of your own, target `palisade::custom`, level `debug`: rejected, with `name`, `reason` (`custom` or `not_ready`) and,
//! where that is known, `retry_after`.

mod admit;
pub(crate) mod budget;
mod builder;
pub(crate) mod copies;
mod end;
mod fork;
mod future;
mod guard;
mod instance;
mod layer;
mod lazy;
mod mark;
mod oneshot;
mod running;
#[cfg(feature = "serde")]
mod saved;
mod service;
mod waiting;

pub use self::admit::{Admit, Handled, Wait};
pub use self::builder::{Builder, Settings};
pub use self::end::{End, Plain, Protocol, settle};
pub(crate) use self::fork::Label;
pub use self::fork::{Fork, Key};
pub(crate) use self::future::POLLED_AGAIN;
pub use self::future::ResponseFuture;
pub use self::guard::{Guard, Hold, Watch};
pub(crate) use self::instance::{Instance, LimitState};
pub use self::layer::{AdmissionLayer, AtOnce, InTurn};
pub use self::lazy::{Lazy, LazyLayer};
pub use self::mark::Mark;
pub use self::oneshot::Oneshot;
pub(crate) use self::running::Running;
pub use self::service::Admission;
pub use self::waiting::{Waiting, WaitingFuture};
