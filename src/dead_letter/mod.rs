//! Keeps the calls that finally failed, so that they are not lost.
//!
//! A call that fails after all its attempts is gone: nobody knows the order any more that was to be paid. This layer makes a letter of it,
//! with the request and how the call failed, and hands it to a sink: a function, a [channel], or a queue in a
//! [store](crate::store). The queue replays its letters later.
//!
//! # Example
//!
//! A service is down, so calls are rejected. Their callers hear that they are queued, and the letters are replayed once the service is
//! back:
//!
//! ```
//! # #[cfg(feature = "serde")]
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use palisade::{CircuitBreakerLayer, DeadLetter, DeadLetterLayer, DeadLetters, Error, MemoryStore, store::Json};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! let letters = DeadLetters::builder("payments", Arc::new(MemoryStore::new()), Json).open().await?;
//! let breaker = CircuitBreakerLayer::builder("payments").build()?;
//! let circuit = breaker.handle();
//! let pay = ServiceBuilder::new()
//!     .layer(DeadLetterLayer::new(letters.clone()).accept(|letter: &DeadLetter<u32>| format!("{}: later", letter.request)))
//!     .layer(breaker)
//!     .service(service_fn(|order: u32| async move { Ok::<_, Error>(format!("{order}: paid")) }));
//!
//! circuit.force_open();
//! assert_eq!(pay.clone().oneshot(7).await?, "7: later");
//! assert_eq!(letters.waiting(), 1);
//!
//! circuit.reset();
//! letters.replay(pay).until_empty().await?;
//! assert_eq!(letters.waiting(), 0);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "serde"))]
//! # fn main() {}
//! ```
//!
//! # What becomes of a call
//!
//! ```text
//!   call failed ---> letter ---> sink ---> stored: the caller gets its failure, or what `accept` makes of the letter
//!                      |           |
//!                   no copy      lost: the caller gets its failure, and an event tells why
//!
//!   in a queue:    waiting ---> replayed ---> succeeded: removed
//!                     ^            |
//!                     |            +---> rejected: waits as it was told
//!                     +---- unpark +---> failed: waits by the backoff; after `max_replays`: parked
//! ```
//!
//! A letter is made of a call that failed by the classifier, was rejected, or timed out. An abandoned call makes none, and neither does a
//! replay of a letter that the sink has already. The caller waits until its letter is stored: put a timeout around where that may take long.
//!
//! # Settings
//!
//! | of the layer | default | |
//! |---|---|---|
//! | [`new`](DeadLetterLayer::new) | - | the [`Sink`] |
//! | [`classify`](DeadLetterLayer::classify) | errors are failures | what a result means |
//! | [`copy_request`](DeadLetterLayer::copy_request) | `Clone` | how requests are copied |
//! | [`accept`](DeadLetterLayer::accept) | off | the response for a call that was rejected, once its letter is stored |
//! | [`accept_unclear`](DeadLetterLayer::accept_unclear) | off | the same for a call that may have been acted on |
//! | [`name`](DeadLetterLayer::name) | `dead letters` | the name that letters and events show |
//!
//! | of a queue | default | |
//! |---|---|---|
//! | [`key`](DeadLettersBuilder::key) | one for all | which letters are replayed one after another |
//! | [`capacity`](DeadLettersBuilder::capacity), [`max_bytes`](DeadLettersBuilder::max_bytes) | 10,000, 64 MiB | how much is kept |
//! | [`when_full`](DeadLettersBuilder::when_full) | lose | what becomes of a letter for which there is no room |
//! | [`max_replays`](DeadLettersBuilder::max_replays) | 5 | how many replays fail before a letter is parked |
//! | [`concurrency`](Replay::concurrency) | 4 | how many letters are replayed at once |
//! | [`backoff`](Replay::backoff) | 1 s doubling to 5 min | how long a letter waits after a replay that failed |
//!
//! # Replays
//!
//! A letter is replayed at least once, never exactly once: the process may die between a replay and the write that removes the letter. It
//! has one [id](DeadLetterId) in all replays, which the service reads with [`DeadLetterId::current`] and sends along, so that who remembers
//! ids does nothing twice. Letters of one key are replayed in the order in which they came; one that is parked lets the next go.
//!
//! A queue is replayed once at a time. A replay has no caller, and so no deadline: put a timeout into its service, or a call that hangs
//! holds its key for ever. A [`PacingLayer`](crate::PacingLayer) in the service paces replays, and a circuit breaker stops them while it is
//! open. Neither costs a letter one of its replays.
//!
//! # When letters are parked or lost
//!
//! [`list`](DeadLetters::list) shows the letters that are parked, each with the reason for which its call failed. Repair what they need, and
//! [`unpark`](DeadLetters::unpark) them, or [`take`](DeadLetters::take) them out. One that cannot be read was written by a newer
//! version, by another codec, or is damaged: it is left as it is, and is read again when the queue is next opened. Letters are lost when
//! there is no room (`full`, `too_large`, `evicted`), when requests can be neither copied nor encoded (`no_copy`, `not_encoded`), and when
//! the store fails (`store`): then see its disk.
//!
//! # Events
//!
//! Target `palisade::dead_letter`.
//!
//! | event | level | fields |
//! |---|---|---|
//! | letter stored | `debug` | `name`, `accepted`, `error` (of the call) |
//! | letter lost | `warn` once a minute, else `debug` | `name`, `reason`, `error` |
//! | letter replayed | `debug` | `name`, `id`, `result` (`succeeded`, `failed`, `rejected`), `error` |
//! | letter parked | `warn` | `name`, `id`, `reason` (`failed`, `unreadable`, `by_hand`) |
//!
//! # The sharp edge
//!
//! A call that timed out may have been acted on, and its replay acts again. So calls that are not rejected are accepted only where you say
//! so, and a service that is replayed must do nothing twice. All calls that a replay makes have the id of its letter: of those that fail
//! through the layer of another queue, the first alone makes a letter there, so the service must not ignore their failures. A letter holds the request as it was: also its secrets, which stand in
//! the store.
//!
//! Put the layer outside the retry, which makes the attempts first, and outside the total timeout, whose end is a failure like others. What
//! is outside of the layer makes no letters.

mod accept;
mod channel;
mod copy;
mod future;
mod layer;
mod letter;
mod losses;
mod lost;
mod queue;
mod replay;
mod rules;
mod service;
mod sink;

pub use self::accept::{Accept, Accepting, Never};
pub use self::channel::{Channel, channel};
pub use self::copy::KeepLetter;
pub use self::future::ResponseFuture;
pub use self::layer::DeadLetterLayer;
pub use self::letter::{DeadLetter, Reason};
pub use self::lost::{LetterLost, Lost};
pub use self::queue::{DeadLetters, DeadLettersBuilder, ListedLetter, OpenError};
pub use self::replay::{Replay, ReplayError};
pub use self::rules::Rules;
pub use self::service::DeadLettered;
pub use self::sink::{Sink, Storing, WhenFull};
pub use crate::context::{DeadLetterId, DeadLetterScope};
