//! The timeout, line by line of what it means.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod alone;
mod clock;
mod events;
mod expiry;
mod limit;
mod nested;
mod polling;
mod readiness;

use std::cell::RefCell;
use std::future::{pending, poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use palisade::test_util::EventLog;
use palisade::{Deadline, Name, TimeoutLayer};
use tokio::runtime;
use tokio::sync::Semaphore;
use tokio::task::block_in_place;
use tokio::time::{Sleep, advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{BoxError, Layer, Service, ServiceExt};
use tracing::Level;

use crate::support::services::{FAILS, begin, call, hung, up};
use crate::support::time::{DAY, MILLI, NANO, SECOND, elapsed, just_before};
use crate::support::{Down, now, strict};

const TARGET: &str = "palisade::timeout";
