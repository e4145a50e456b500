//! Testing your stack: services to put layers around, and what to assert of the layers.
//!
//! It exists with the feature `test-util`, for the tests of your stack. The layers' own tests use it, too. In `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! palisade = { version = "0.1", features = ["test-util"] }
//! tokio = { version = "1", features = ["full", "test-util"] } # its clock can be paused
//! tower = { version = "0.5", features = ["util"] } # `ServiceExt` has `oneshot`
//! ```
//!
//! | to test | take |
//! |---|---|
//! | what layers make of responses, errors and delays | [`ScriptedService`] |
//! | that a service is called as it should be, and how often | [`ServiceProbe`], [`Calls`] |
//! | that a call may be dropped at any time | [`drop_at_every_poll`], [`drop_after`] |
//! | with chance, and the same chance again | [`Seed`] |
//! | what layers tell of themselves | [`EventLog`] |
//! | that nothing is left of calls | [`assert_at_rest`] |
//! | what a bad network does to a client or a server | [`FaultProxy`] |
//!
//! # A stack that can be tested
//!
//! Write a function that puts your layers around any service, and takes the [`Registry`](crate::Registry) that lists them. The program
//! calls it with its client, and a test with a service of this module. Give each test a registry of its own, so that tests that run
//! beside are not seen.
//!
//! ```
//! use std::{io, time::Duration};
//! use palisade::test_util::{EventLog, Reply, ScriptedService, ServiceProbe, assert_at_rest};
//! use palisade::{Backoff, BulkheadLayer, ConfigError, Error, Registry, RetryLayer, TimeoutLayer};
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! /// At most four calls, of up to three attempts of a second each.
//! fn payments<S>(
//!     client: S,
//!     registry: &Registry,
//! ) -> Result<impl Service<u32, Response = &'static str, Error = Error> + Clone + use<S>, ConfigError>
//! where
//!     S: Service<u32, Response = &'static str, Error = io::Error> + Clone,
//! {
//!     let retry = RetryLayer::builder("payments").backoff(Backoff::constant(Duration::from_secs(2)));
//!     Ok(ServiceBuilder::new()
//!         .layer(BulkheadLayer::builder(4).registry(registry).build()?)
//!         .layer(retry.registry(registry).build()?)
//!         .layer(TimeoutLayer::new(Duration::from_secs(1)).registry(registry))
//!         .service(client))
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // #[tokio::test(start_paused = true)]
//! let script = [Reply::Never, Reply::from(Err(io::Error::other("down"))), Reply::from(Ok("paid"))];
//! let client = ServiceProbe::new(ScriptedService::new(script));
//! let (calls, registry, log) = (client.calls(), Registry::new(), EventLog::of_thread());
//! let payments = payments(client, &registry)?;
//!
//! let began = tokio::time::Instant::now();
//! assert_eq!(payments.oneshot(7).await?, "paid");
//! assert!(began.elapsed() <= Duration::from_secs(5), "a second, and two pauses");
//! assert_eq!(calls.count(), 3);
//! assert_eq!(log.of("palisade::retry").len(), 2);
//! assert_at_rest(&registry);
//! # Ok(())
//! # }
//! ```
//!
//! # A paused clock
//!
//! All layers read tokio's clock. `#[tokio::test(start_paused = true)]` pauses it: then it stands still while there is work, and jumps to
//! the next timer when there is none. So a test of an hour takes a moment, and a time can be asserted to the millisecond. To let time
//! pass, `tokio::time::sleep`: others act meanwhile, and `advance` does not wait until they have. Do not pause the clock where there are
//! sockets: the kernel takes time that the clock does not see, so that timers run out first.
//!
//! # What to assert
//!
//! Ask what a caller and an operator would: the response, or the variant of the [`Error`](crate::Error), which says whether the service
//! may have acted; how often the service was called; how long it took; and what the [registry](crate::registry) has counted. Steer a
//! layer by its handle, such as [`force_open`](crate::CircuitHandle::force_open), rather than by failing until it opens. And assert that
//! nothing is left: [`assert_at_rest`] names each instance that a call still holds something of.
//!
//! # Dropping
//!
//! A caller may leave at any time: a client hangs up, or a timeout runs out. A future that is dropped must give all back.
//! [`drop_at_every_poll`] drops it after each number of polls in turn, and lets you assert after each.
//!
//! ```
//! # use std::{io, iter, time::Duration};
//! # use palisade::test_util::{Reply, ScriptedService, assert_at_rest, drop_at_every_poll};
//! # use palisade::{BulkheadLayer, Registry};
//! # use tower::{Layer, ServiceExt};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::new();
//! let late = || Reply::After(Duration::from_secs(1), Ok::<_, io::Error>("paid"));
//! let client = ScriptedService::new(iter::repeat_with(late));
//! let payments = BulkheadLayer::builder(1).registry(&registry).build()?.layer(client);
//! let paid = drop_at_every_poll(|| payments.clone().oneshot(7), async |_| assert_at_rest(&registry)).await;
//! assert_eq!(paid?, "paid");
//! # Ok(())
//! # }
//! ```
//!
//! # Chance
//!
//! Delays of a retry, faults of chaos and choices of replicas are drawn by chance; their builders take a `seed`. [`Seed`] draws it, and
//! prints it where the test fails, so that the run can be had again.
//!
//! # Events
//!
//! An [`EventLog`] keeps what layers tell of themselves, as it would stand in `tracing`: of this thread, or of all threads where a test has
//! several. [The table of events](crate::event#events) has their targets and fields.
//!
//! # HTTP and gRPC
//!
//! A server in trouble gives `Ok` with a status, so script responses: a [`ScriptedService`] of them stands for a client of hyper, tonic or
//! reqwest, whatever its requests are. A handler of axum is one whose error is [`Infallible`](std::convert::Infallible). Its router, and a
//! server of tonic, are services too: call them by `oneshot`, or start them behind a [`FaultProxy`].
//!
//! ```
//! # #[cfg(feature = "http")]
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io;
//! use http::{Request, Response, StatusCode};
//! use palisade::RetryLayer;
//! use palisade::http::ReplayBody;
//! use palisade::test_util::ScriptedService;
//! use tower::{Layer, ServiceExt};
//!
//! let response = |status: u16| Response::builder().status(status).body(String::new()).map_err(io::Error::other);
//! let client = ScriptedService::new([503, 200].map(response));
//! // A script takes any request, so the type says what the retry sends.
//! let orders = RetryLayer::http::<ReplayBody<String>>("orders").build()?.layer(client);
//!
//! let response = orders.oneshot(Request::get("/orders/7").body(String::new())?).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "http"))]
//! # fn main() {}
//! ```
//!
//! # Wires
//!
//! What a client makes of a connection that is reset, slow, half closed or silent shows only on real sockets. A [`FaultProxy`] stands
//! between a client and a server, and lets each way of their connections meet a [`Fault`], at any time.
//! [`FaultProxy::partition`] cuts a network of named nodes.
//!
//! ```
//! use std::time::Duration;
//! use palisade::test_util::{Fault, FaultProxy};
//! use palisade::{Error, TimeoutLayer};
//! use tokio::net::{TcpListener, TcpStream};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let server = TcpListener::bind("127.0.0.1:0").await?;
//! let proxy = FaultProxy::start(server.local_addr()?).await?;
//! let greeting = service_fn(async |addr| TcpStream::connect(addr).await?.readable().await);
//! let greeting = TimeoutLayer::new(Duration::from_millis(50)).layer(greeting);
//!
//! proxy.set(Fault::Partition);
//! assert!(matches!(greeting.oneshot(proxy.addr()).await, Err(Error::TimedOut(_))));
//! # Ok(())
//! # }
//! ```

mod dropping;
mod event_log;
mod probe;
mod proxy;
mod rest;
mod scripted;
mod seed;

pub use self::dropping::{drop_after, drop_at_every_poll};
pub use self::event_log::{EventLog, LoggedEvent};
pub use self::probe::{Calls, ServiceProbe};
pub use self::proxy::{Fault, FaultProxy};
pub use self::rest::assert_at_rest;
pub use self::scripted::{Reply, ResponseFuture, ScriptedService};
pub use self::seed::Seed;
