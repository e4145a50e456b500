//! Calls that share one.

mod context;
mod crowds;
mod driving;
mod errors;
mod itself;
mod panics;
mod settings;
mod sharing;

use std::pin::Pin;
use std::task::Poll;

use palisade::{CoalesceLayer, Error};
use tokio_test::task::{self, Spawn};
use tower::{Layer, Service};

use crate::support::inner::Inner;

type Key = fn(&u32) -> u32;
type Sharing = CoalesceLayer<Inner, u32, Key>;

/// A caller, step by step.
type Caller = Spawn<Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>>>;

/// Shares calls by all but the last digit of their requests.
fn by_tens() -> Sharing {
    CoalesceLayer::by((|request| request / 10) as Key)
}

/// A caller who has come, and was not polled.
fn call(layer: &Sharing, inner: &Inner, request: u32) -> Caller {
    task::spawn(Box::pin(layer.layer(inner.clone()).call(request)))
}

/// So many callers of one key.
fn come(layer: &Sharing, inner: &Inner, count: u32) -> Vec<Caller> {
    (0..count).map(|request| call(layer, inner, request)).collect()
}

/// The same, each polled once.
fn callers(layer: &Sharing, inner: &Inner, count: u32) -> Vec<Caller> {
    let mut callers = come(layer, inner, count);
    for caller in &mut callers {
        assert!(caller.poll().is_pending());
    }
    callers
}

/// The result of a caller who need not wait.
fn end(caller: &mut Caller) -> Result<u32, Error> {
    loop {
        match caller.poll() {
            Poll::Ready(result) => return result,
            Poll::Pending => assert!(caller.is_woken(), "it sleeps on"),
        }
    }
}
