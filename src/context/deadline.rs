//! A moment at which a call must be over.

use std::time::Duration;

use tokio::time::Instant;

use crate::time;

/// The moment at which a call must be over.
///
/// A [`TimeoutLayer`](crate::TimeoutLayer) sets one for everything below it. The code below reads the nearest with
/// [`Deadline::current`], to bound a wait or to tell the next service how much time is left. Below a timeout that is the nearest
/// deadline with which the timeout's call began, also if others poll the call later. Layers that have waited do not send a call
/// whose deadline has come.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use palisade::{Deadline, TimeoutLayer};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), palisade::Error> {
/// let service = ServiceBuilder::new()
///     .layer(TimeoutLayer::new(Duration::from_secs(3)))
///     .service(service_fn(|()| async { Ok::<_, palisade::Error>(Deadline::current().map(Deadline::remaining)) }));
///
/// let left = service.oneshot(()).await?;
/// assert!(left.is_some_and(|left| left <= Duration::from_secs(3)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline {
    pub(crate) at: Instant,
    /// Whether nobody but the caller ends the call then. Otherwise a timeout around ends it.
    pub(crate) by_caller: bool,
}

impl Deadline {
    /// The deadline at `instant`.
    pub const fn at(instant: Instant) -> Self {
        Self { at: instant, by_caller: true }
    }

    /// The deadline `duration` from now; more than 30 years counts as 30 years.
    pub fn after(duration: Duration) -> Self {
        Self::at(time::after(time::now(), duration))
    }

    /// The moment itself.
    pub const fn instant(self) -> Instant {
        self.at
    }

    /// The time that is left until then. It is zero when the deadline has passed.
    pub fn remaining(self) -> Duration {
        self.at.saturating_duration_since(time::now())
    }

    /// Whether the moment has come or has passed.
    pub(crate) fn has_come(self) -> bool {
        self.at <= time::now()
    }
}
