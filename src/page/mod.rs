//! Shows everything a registry knows on a live page, and steers it.
//!
//! [`Registry::page`](crate::Registry::page) is a service for any HTTP server, under any prefix. It is closed: who serves it says
//! who may [read](Page::reading), and who may [steer](Page::steering).
//!
//! # Example
//!
//! ```
//! use http::{Request, StatusCode};
//! use palisade::{CircuitBreakerLayer, Phase, Registry};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::new(); // or the one of the process, `Registry::global()`
//! let layer = CircuitBreakerLayer::builder("payments").registry(&registry).build()?;
//!
//! // The proxy in front of it puts the name of who has signed in into `x-user`, and lets nobody else set it.
//! let user = |parts: &http::request::Parts| {
//!     let user = parts.headers.get("x-user").and_then(|user| user.to_str().ok());
//!     user.map(str::to_owned)
//! };
//! let page = registry
//!     .page()
//!     .hosts(["ops.example"])
//!     .reading(move |parts| user(parts).is_some())
//!     .steering(move |parts| user(parts).is_some_and(|user| user == "ann"))
//!     .who(move |parts| user(parts).unwrap_or_default());
//!
//! // With axum: `Router::new().nest_service("/ops", page)`. Here somebody steers without a browser.
//! let request = Request::post("https://ops.example/ops/steer")
//!     .header("content-type", "application/json")
//!     .header("x-user", "ann")
//!     .body(r#"{"kind":"circuit breaker","name":"payments","action":"force_open"}"#.to_owned())?;
//! let response = page.oneshot(request).await?;
//! assert_eq!((response.status(), layer.handle().phase()), (StatusCode::OK, Phase::ForcedOpen));
//! # Ok(())
//! # }
//! ```
//!
//! `cargo run --release --features page --example storm -- --page` serves one, and says where.
//!
//! # What is where
//!
//! | path ends with | method | |
//! |---|---|---|
//! | `/` | `GET` | the page: one document that asks nothing of elsewhere |
//! | `/events` | `GET` | what the page shows, as server-sent events: one at once, and then one a second |
//! | `/instances` | `GET` | all [instances](crate::registry::Instance) as JSON |
//! | `/metrics` | `GET` | the metrics as Prometheus reads them, with the feature `prometheus-client` |
//! | `/health` | `GET` | the worst verdict of all [services](crate::Health) that are listed: 200 for `pass` and `warn`, 503 for `fail` |
//! | `/steer` | `POST` | does something by hand |
//!
//! `HEAD` is answered wherever `GET` is. Balancers that may not read the page ask [`Health::service`](crate::Health::service).
//!
//! A steering is a JSON object of at most 4,096 bytes with the `kind`, the `name` and, where there is one, the `key` of an instance, and
//! an `action`: the word of an [`Action`](crate::registry::Action). `resize` takes a `limit`, `set_rate` takes `calls` and `seconds`,
//! `set_burst` takes `calls` `set_weight` a `weight` and
//! `set` a `mode`. The response is `{"steered":1}`, with the number of instances that took it.
//! Each of them tells who steered it, in an [event](crate::event::Event::Steered).
//!
//! # What a page shows
//!
//! The 200 instances that are worst off, and how many are left out; what was counted under their names, to the call, also by instances
//! that are gone; and the last 50 things that happened within an hour. The lines of the last minute are kept by the browser, and begin
//! empty. A frame is made once a second for all who watch, and none is made when nobody reads. It asks each instance that is listed how it
//! is: of 10,000 circuits that takes some hundredths of a second, on a thread of the server. At most 32 streams are open at a time.
//!
//! | setting | default | |
//! |---|---|---|
//! | [`reading`](Page::reading) | nobody | who may read |
//! | [`steering`](Page::steering) | nobody | who may steer |
//! | [`who`](Page::who) | `"page"` | who it is that steers |
//! | [`hosts`](Page::hosts) | any | the names under which the page is reached |
//! | [`ask_password`](Page::ask_password) | off | whether a browser asks for a name and a password |
//! | [`show_keys`](Page::show_keys) | off | whether keys and the names of replicas are shown |
//!
//! # What to put in front
//!
//! The page knows no TLS and no users. Serve it on a port of its own that only your own network reaches, or behind a proxy that speaks
//! TLS and signs people in. A browser sends no header of its own with a stream of events, so a token must be in a cookie or in basic
//! authentication. Over plain HTTP/1.1 a browser opens at most six connections to a host, and each tab keeps one: the seventh tab shows
//! nothing, and with six open none can steer. Over HTTP/2 they share one.
//!
//! A proxy must pass on the `Host` that the browser sent, or the page takes each steering for one of another site. nginx does with
//! `proxy_set_header Host $http_host`. Events are passed on at once: each stream has the header `X-Accel-Buffering: no`.
//!
//! It sets no time limit to a client that sends or reads slowly: one that may steer can send its request as slowly as it likes. What is
//! in front of it must end such connections.
//!
//! A steering must be `application/json`, and where a browser says where it comes from, in `Sec-Fetch-Site` or `Origin`, that must be the
//! page itself. So no form, beacon or script of another site can steer, even for a user who has signed in. With [`hosts`](Page::hosts), a site that points
//! its own name at the address of the page cannot steer either. No other site can show the page in a frame.
//!
//! # The sharp edge
//!
//! Who steers can reject every call of the process. Who reads sees names, and reasons that come from errors: at most 200 characters of
//! each, but whatever is in them.
//!
//! A stream ends when its client goes, and not before. A client that stays and never reads is sent no more, and keeps its place. A
//! server that waits for all its responses when it stops waits for open pages: end its connections after some time.

mod body;
mod document;
mod frame;
mod future;
mod gate;
mod health;
mod live;
mod paths;
mod refusal;
mod reply;
mod scrape;
mod service;
mod shared;
mod steering;
mod stream;
mod trouble;

pub use self::body::PageBody;
pub use self::future::PageFuture;
pub use self::service::Page;
