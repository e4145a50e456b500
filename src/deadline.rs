//! The time a call has left, seen by every layer below.
//!
//! A thread-local [`Frame`] says what the timeouts around the code that runs now allow. It is installed by a [`Scope`]
//! around each `call` and `poll`, and restored on the way out, also by a panic. A timeout whose clock has not started is
//! in it as a limit: only when somebody asks does the clock run, for all the timeouts around at once.

use std::{
    cell::Cell,
    mem,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::Instant;

use crate::time;

/// The moment at which a call must be over.
///
/// A [`TimeoutLayer`](crate::TimeoutLayer) sets one for everything below it; whoever runs below can ask for the nearest
/// with [`Deadline::current`], to bound a wait or to tell the next service how long it has.
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
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline at `instant`.
    pub const fn at(instant: Instant) -> Self {
        Self(instant)
    }

    /// The deadline `duration` from now; more than 30 years is taken for 30 years.
    pub fn after(duration: Duration) -> Self {
        Self(time::after(time::now(), duration))
    }

    /// The nearest deadline around the code that runs now, if there is one.
    ///
    /// A timeout whose clock has not started yet starts it now.
    pub fn current() -> Option<Self> {
        nearest(time::now).map(|fixed| Self(fixed.at))
    }

    /// The moment itself.
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// What is left until then; zero when it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(time::now())
    }

    /// Runs `future` with this deadline around it, for carrying it into a spawned task.
    ///
    /// It ends nothing by itself: a timeout inside is bounded by it, and so is what asks for [`Deadline::current`]. Of two
    /// deadlines the nearer one counts. It is taken for the caller's own, whatever it came from: a call that ends at it counts
    /// for no circuit inside.
    pub fn scope<F>(self, future: F) -> DeadlineScope<F> {
        DeadlineScope { deadline: self, future }
    }

    /// Puts this deadline around the code that runs now. The timeouts around stay what they are.
    pub(crate) fn enter(self) -> Scope {
        Scope::enter(Frame::around().bounded_by(self.into()))
    }
}

pin_project! {
    /// The future of [`Deadline::scope`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct DeadlineScope<F> {
        deadline: Deadline,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for DeadlineScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _scope = this.deadline.enter();
        this.future.poll(cx)
    }
}

/// A deadline whose moment is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed {
    pub(crate) at: Instant,
    /// Whether a timeout around ends the call at that moment.
    pub(crate) enforced: bool,
}

impl From<Deadline> for Fixed {
    fn from(deadline: Deadline) -> Self {
        Self { at: deadline.0, enforced: false }
    }
}

/// What the timeouts around allow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    nearest: Option<Instant>,
    /// Whether a timeout around ends the call at `nearest`.
    enforced: bool,
    /// The least limit of the timeouts whose clocks have not started.
    pending: Option<Duration>,
    /// When those clocks were started, because somebody asked.
    started: Option<Instant>,
}

/// A frame in its place. It is read and written field by field, because to copy it whole stalls after a narrower write.
struct Place {
    nearest: Cell<Option<Instant>>,
    enforced: Cell<bool>,
    pending: Cell<Option<Duration>>,
    started: Cell<Option<Instant>>,
}

thread_local! {
    static FRAME: Place = const {
        Place {
            nearest: Cell::new(None),
            enforced: Cell::new(false),
            pending: Cell::new(None),
            started: Cell::new(None),
        }
    };
    static EXPIRING: Cell<bool> = const { Cell::new(false) };
}

impl Place {
    #[inline(always)]
    fn get(&self) -> Frame {
        Frame {
            nearest: self.nearest.get(),
            enforced: self.enforced.get(),
            pending: self.pending.get(),
            started: self.started.get(),
        }
    }

    #[inline(always)]
    fn set(&self, frame: Frame) {
        self.nearest.set(frame.nearest);
        self.enforced.set(frame.enforced);
        self.pending.set(frame.pending);
        self.started.set(frame.started);
    }
}

impl Frame {
    /// The frame around the code that runs now.
    #[inline(always)]
    fn current() -> Self {
        FRAME.with(Place::get)
    }

    #[inline(always)]
    fn install(self) {
        FRAME.with(|place| place.set(self));
    }

    /// The frame around the code that runs now, as the start of the next one within.
    #[inline(always)]
    pub(crate) fn around() -> Self {
        Self { started: None, ..Self::current() }
    }

    /// Narrows the frame by a deadline whose moment is known.
    #[inline(always)]
    pub(crate) fn bounded_by(mut self, fixed: Fixed) -> Self {
        if self.nearest.is_none_or(|nearest| fixed.at < nearest) {
            (self.nearest, self.enforced) = (Some(fixed.at), fixed.enforced);
        }
        self
    }

    /// Narrows the frame by a timeout; from there on, that enforces whatever is nearest.
    #[inline(always)]
    pub(crate) fn within(mut self, limit: Duration, ends: Option<Instant>) -> Self {
        match ends {
            None => self.pending = Some(self.pending.map_or(limit, |pending| pending.min(limit))),
            Some(at) => self = self.bounded_by(Fixed { at, enforced: true }),
        }
        Self { enforced: true, ..self }
    }

    /// Puts this frame back in the place of one within; tells when the clocks were started there.
    #[inline(always)]
    fn restore(mut self) -> Option<Instant> {
        let started = FRAME.with(|place| place.started.get());
        if let Some(now) = started {
            self.start(now);
        }
        self.install();
        started
    }

    /// Starts the clocks that have not started.
    #[inline(never)]
    pub(crate) fn start(&mut self, now: Instant) {
        if let Some(limit) = self.pending.take() {
            *self = self.bounded_by(Fixed { at: time::after(now, limit), enforced: true });
            self.started = Some(now);
        }
    }
}

/// Installs a frame, and restores the one around it when dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Scope {
    around: Frame,
}

impl Scope {
    #[inline(always)]
    pub(crate) fn enter(frame: Frame) -> Self {
        let scope = Self { around: Frame::current() };
        frame.install();
        scope
    }

    /// Leaves the scope and tells when the clocks in it were started, if somebody asked.
    #[inline(always)]
    pub(crate) fn leave(self) -> Option<Instant> {
        let around = self.around;
        mem::forget(self);
        around.restore()
    }
}

impl Drop for Scope {
    #[inline(always)]
    fn drop(&mut self) {
        self.around.restore();
    }
}

/// The nearest deadline around. Clocks that have not started start at what `now` tells.
pub(crate) fn nearest(now: impl FnOnce() -> Instant) -> Option<Fixed> {
    let mut frame = Frame::current();
    if frame.pending.is_some() {
        frame.start(now());
        frame.install();
    }
    frame.nearest.map(|at| Fixed { at, enforced: frame.enforced })
}

/// Runs `drop_call`, which drops a call because a limit of ours ran out.
pub(crate) fn expire(drop_call: impl FnOnce()) {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            EXPIRING.set(self.0);
        }
    }
    let _restore = Restore(EXPIRING.replace(true));
    drop_call();
}

/// Whether what is dropped now is dropped because a limit of ours ran out.
pub(crate) fn is_expiring() -> bool {
    EXPIRING.get()
}
