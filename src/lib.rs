#![cfg_attr(all(feature = "axum", feature = "reqwest", feature = "tonic"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "axum", feature = "reqwest", feature = "tonic")),
    doc = "Tower layers that keep a service answering while what it calls is slow, failing or overloaded."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backoff;
pub mod bulkhead;
pub mod call;
mod chain;
pub mod circuit_breaker;
#[cfg(feature = "http")]
mod clients;
mod deadline;
mod debug;
mod error;
pub mod event;
pub mod fallback;
#[cfg(feature = "http")]
pub mod grpc;
#[cfg(feature = "http")]
pub mod http;
pub mod keyed;
mod name;
mod outcome;
mod pooled;
pub mod retry;
mod service_builder;
mod source;
mod state;
mod sync;
mod time;
pub mod timeout;

#[cfg(feature = "reqwest")]
pub use crate::clients::reqwest;
pub use crate::{
    backoff::{Backoff, Jitter},
    bulkhead::{Bulkhead, BulkheadBuilder, BulkheadGuard, BulkheadHandle, BulkheadLayer, QueueBuilder, QueueLayer},
    call::budget::{Budget, BudgetBuilder},
    circuit_breaker::{
        CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, CircuitSnapshot,
    },
    deadline::{Deadline, DeadlineScope},
    error::{ConfigError, Elapsed, Error, Rejection, RejectionReason},
    fallback::{Fallback, FallbackError, FallbackLayer},
    keyed::{PerKey, PerKeyBuilder, PerKeyHandle, PerKeyLayer},
    name::Name,
    outcome::{Classify, DefaultClassifier, Outcome},
    retry::{Retry, RetryBuilder, RetryLayer},
    service_builder::ServiceBuilderExt,
    state::{circuit::Phase, counts::Counts},
    timeout::{Timeout, TimeoutLayer},
};
