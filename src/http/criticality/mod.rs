//! Carries from hop to hop how much a call matters, in a header.
//!
//! A caller says in a header how much its call matters. Outermost in a server, a [`CriticalityLayer`] makes that the
//! [`Criticality`] of everything below. Innermost in a client, it writes the header. It serves HTTP and gRPC.
//!
//! # Example
//!
//! ```
//! use http::{HeaderName, Request, Response};
//! use http_body_util::BodyExt;
//! use palisade::{Criticality, CriticalityLayer, Error};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceBuilder::new()
//!     .layer(CriticalityLayer::header(HeaderName::from_static("x-criticality")))
//!     .service(service_fn(|_: Request<()>| async {
//!         Ok::<_, Error>(Response::new(Criticality::current().to_string()))
//!     }));
//!
//! let request = Request::builder().header("x-criticality", "sheddable").body(())?;
//! let text = service.oneshot(request).await?.into_body().collect().await?.to_bytes();
//! assert_eq!(text, "sheddable");
//! # Ok(())
//! # }
//! ```
//!
//! # Values
//!
//! `critical-plus`, `critical`, `sheddable-plus` and `sheddable`, in lower case. Anything else counts as `critical`, and so does a
//! request without the header. Of several values the lowest counts. The header counts for no more than the layer
//! [allows](crate::CriticalityLayer::allow), and for no more than a [`Criticality`] around the layer, which counts alone if the request has
//! no header. The layer writes what counts into the header, so that all hops agree; a request that has no room for it, which is
//! one with thousands of headers, goes on without. A body is polled with the criticality of its
//! call around it.
//!
//! Around an axum router it stands inside an [`AnswerLayer`](super::AnswerLayer), as every layer of this crate does.
//!
//! # The sharp edge
//!
//! Callers say of themselves how much they matter. A server that strangers call must not allow more than it would give each of
//! them, and a gateway may give them less: with `.allow(Criticality::Sheddable)` nothing that comes in matters more.
//!
//! [`Criticality`]: crate::Criticality
//! [`CriticalityLayer`]: crate::CriticalityLayer

mod bodies;
mod header;

pub use self::bodies::Bodies;
pub use self::header::Header;
