//! Wraps services in the layers that most of them need, in the right order.
//!
//! A stack is a layer as it comes. Each of its parts can be changed, switched off or added, and always stands in its place,
//! whatever the order of the setters.
//!
//! # Example
//!
//! ```
//! use std::io;
//! use palisade::fallback;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stack = palisade::standard("payments")?
//!     .bulkhead(64)
//!     .fallback(fallback::value("unknown, ask later"))
//!     .retry(|retry| retry.max_attempts(2))?
//!     .circuit_breaker(|circuit| circuit.min_calls(50))?;
//! let circuit = stack.handles().circuit;
//! println!("{}", stack.describe());
//!
//! let service = ServiceBuilder::new()
//!     .layer(stack)
//!     .service(service_fn(|order: u32| async move { Ok::<_, io::Error>("paid") }));
//!
//! assert_eq!(service.oneshot(7).await?, "paid");
//! assert_eq!(circuit.phase(), palisade::Phase::Closed);
//! # Ok(())
//! # }
//! ```
//!
//! # The parts
//!
//! From the outermost to the innermost. `palisade::standard` makes a stack for any service whose requests are `Clone`;
//! `palisade::http::standard` and `palisade::grpc::standard` read responses, copy bodies, and carry deadlines in a header.
//! `palisade::http::server_standard` makes one for a server.
//!
//! | part | client | server | setters |
//! |---|---|---|---|
//! | errors become responses | - | on | |
//! | fallback | off | off | [`fallback`](StandardLayer::fallback) |
//! | takes the caller's deadline | HTTP, gRPC | on | [`without_deadlines`](StandardLayer::without_deadlines), with HTTP `deadlines` |
//! | total timeout | 30 s | 30 s | [`total_timeout`](StandardLayer::total_timeout), [`without_total_timeout`](StandardLayer::without_total_timeout) |
//! | [rate limit](crate::rate_limit) | off | off | [`rate_limit`](StandardLayer::rate_limit) |
//! | [retry](crate::retry) | 3 attempts, budget | - | [`retry`](StandardLayer::retry), [`without_retry`](StandardLayer::without_retry) |
//! | [hedge](crate::hedge) | off | off | [`hedge`](StandardLayer::hedge) |
//! | [circuit breaker](crate::circuit_breaker) | on | - | [`circuit_breaker`](StandardLayer::circuit_breaker), [`without_circuit_breaker`](StandardLayer::without_circuit_breaker) |
//! | [throttle](crate::throttle) | off | off | [`throttle`](StandardLayer::throttle) |
//! | [bulkhead](crate::bulkhead) | off | as given | [`bulkhead`](StandardLayer::bulkhead) |
//! | attempt timeout | 10 s | off | [`attempt_timeout`](StandardLayer::attempt_timeout), [`without_attempt_timeout`](StandardLayer::without_attempt_timeout) |
//! | sends the deadline on | HTTP, gRPC | - | as for the caller's deadline |
//!
//! The services that it makes are those that a `ServiceBuilder` makes of the same layers, so it costs what they cost.
//! [`describe`](StandardLayer::describe) tells what is in it, and [`handles`](StandardLayer::handles) looks at its state and steers
//! it.
//!
//! # The sharp edge
//!
//! With HTTP and gRPC both timeouts last until the response has ended. Switch both off where responses are streams that may go on
//! for longer. And a standard stack has one circuit: for a client of many hosts, make a stack for each, or build the layers
//! [per key](crate::keyed).

#![expect(clippy::type_complexity, reason = "a stack has its parts in its type, each in its place")]

mod attempt;
mod description;
mod layer;
mod part;
mod whole;

use std::borrow::Cow;

use tower::layer::util::Identity;

use crate::call::Plain;
use crate::error::ConfigError;
use crate::retry::{RetryLayer, Rules};

pub use self::description::{Described, Description, Handles, Place};
pub use self::layer::{Client, Server, StandardLayer};
pub use self::part::{Built, BuiltCircuitBreaker, BuiltRetry, Part};
pub use crate::setting::{Setting, Value};

/// Wraps any service in total timeout, retry, circuit breaker and attempt timeout.
///
/// The parts share a name of 1 to 64 bytes, which errors and events show. Requests must be `Clone`, or the retry be told
/// [how to copy them](crate::RetryBuilder::copy_request). [The page](mod@crate::standard) has all parts, their defaults, and how to
/// change them.
///
/// # Errors
///
/// When the name is not legal.
///
/// # Examples
///
/// ```
/// use std::io;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = ServiceBuilder::new()
///     .layer(palisade::standard("payments")?)
///     .service(service_fn(|order: u32| async move { Ok::<_, io::Error>(format!("order {order}: paid")) }));
///
/// assert_eq!(service.oneshot(7).await?, "order 7: paid");
/// # Ok(())
/// # }
/// ```
pub fn standard(name: impl Into<Cow<'static, str>>) -> Result<Client<Plain, Identity, Rules>, ConfigError> {
    Client::new(name.into(), Plain::default(), (Identity::new(), Identity::new()), RetryLayer::builder)
}
