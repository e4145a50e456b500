//! Lets calls that are the same share one.
//!
//! When an entry of a cache runs out, or a popular page is asked for, many callers want the same thing at the same moment, and the
//! service below gets the same call a thousand times. With this layer it gets one, and each caller gets the response. It is also
//! known as single flight.
//!
//! **The key must hold whatever the response depends on**: what is asked, and also who asks, and in which language. Callers whose
//! calls have one key get one response.
//!
//! # Example
//!
//! ```
//! use palisade::{CoalesceLayer, Error};
//! use tower::{Service, ServiceBuilder, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let layer = CoalesceLayer::by(|product: &u32| *product);
//! let shared = layer.handle();
//! let mut service = ServiceBuilder::new()
//!     .layer(layer)
//!     .service(service_fn(|product: u32| async move { Ok::<_, Error>(format!("product {product}")) }));
//!
//! let (one, other) = tokio::join!(service.call(7), service.call(7));
//! assert_eq!((one?, other?), ("product 7".to_owned(), "product 7".to_owned()));
//! assert_eq!(shared.shared(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # How a call is shared
//!
//! Who comes first begins the call, by a clone of the inner service that is readied in it. Who comes with the same key until the
//! result is there shares the call. A call that comes later, even before all have picked up the result, begins anew. Nothing is
//! spawned, and nobody leads:
//!
//! - Whoever is polled polls the call, one at a time, and the others sleep. Each wake of the call wakes all of them, and the one that
//!   is polled first polls it. So a caller who is dropped, or not polled any more, holds nobody up. `n` callers of a call that is woken
//!   `w` times are polled `n (w + 2)` times at most.
//! - The call is dropped with its last caller.
//! - If the call panics, the caller who polled it gets the panic, and the others a [`Panicked`]. The next call begins anew.
//!
//! Each caller gets a clone of the response. An error is of the same kind for each: a rejection with its `retry_after`, a timeout, or
//! the service's own error, which all share. [`Error::downcast_ref`](crate::Error::downcast_ref) finds that; the last who has it
//! gets it [by value](crate::Error::downcast).
//!
//! # Deadlines
//!
//! Each caller waits to its own deadline. The call below has none of theirs: a timeout below bounds it. How much it matters, its
//! attempt and its span are those of the caller who began it; a caller without a span lends none.
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`by`](CoalesceLayer::by), [`builder`](CoalesceLayer::builder) | - | the key of a request |
//! | `http` (feature `http`) | - | shares `GET` requests and reads bodies whole |
//! | `max_body` (feature `http`) | 1 MiB | the largest body that is shared |
//! | [`max_waiters`](CoalesceBuilder::max_waiters) | no limit | rejects those who come beyond it |
//! | [`name`](CoalesceBuilder::name) | `coalesce` | what errors, events and metrics call it |
//!
//! A layer wraps services of one type `S`, because callers hand on the very calls of that service. All of them share. The number of
//! keys is that of the calls in flight.
//!
//! Over gRPC there is no constructor: the key is in the message, and the message is in the body of the request, which no layer
//! reads. Put the layer around the generated client, where a request is the message, and a response too. If a key is in the metadata,
//! `http` cannot help either, because a gRPC request is a `POST`.
//!
//! # Events
//!
//! Target `palisade::coalesce`, level `debug`: rejected, with `name`, `reason` (`too_many_waiters`) and `criticality`.
//!
//! # What it costs
//!
//! A call allocates twice: what callers share, and the call itself, because others may poll it when the caller who began it is gone.
//! Once another caller comes, it allocates what wakes them all, and each who sleeps takes a place in a map. A caller who sleeps keeps a
//! clone of its waker.
//!
//! # The sharp edge
//!
//! One slow or failed call is now slow or failed for all. So have a timeout below, and a retry too if failures pass quickly. A call
//! that waits for another call of its own key, through the same layer, waits for itself: a timeout below ends it, and without one the key
//! gets no response any more. And share only calls that change nothing: of two orders with one key, one is not made.

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
