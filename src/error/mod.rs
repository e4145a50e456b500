//! The one error of every layer.

mod chain;
mod config;
mod elapsed;
mod fallback;
mod known;
#[cfg(feature = "http")]
mod pressure;
mod rejection;
mod shared;
#[cfg(feature = "tonic")]
mod tonic;
mod verdict;

use std::any::Any;
use std::convert::Infallible;
use std::error;

use tower::BoxError;

#[cfg(feature = "http")]
pub(crate) use self::chain::Cause;
pub(crate) use self::chain::Chain;
pub use self::config::ConfigError;
pub(crate) use self::elapsed::By;
pub use self::elapsed::Elapsed;
pub use self::fallback::FallbackError;
pub(crate) use self::known::Known;
#[cfg(feature = "http")]
pub(crate) use self::pressure::Pressure;
pub use self::rejection::{Rejection, RejectionReason};
pub(crate) use self::shared::SharedError;
pub(crate) use self::verdict::Verdict;

/// Why a call returned no response of the service.
///
/// The three variants answer the question *may I send it again?*, for the call as the caller made it.
///
/// Every layer's `Service::Error` is this type, and a layer that meets one of them below it passes it on as it is, also
/// when it travelled through a foreign layer as a `BoxError`. So a stack stays flat: a rejection never allocates, and a
/// service's own error is boxed once, whole, with its [`source`](error::Error::source) chain.
///
/// # In an error of your own
///
/// A service between two layers may return an error of its own that has one of these as a source. The error stays whole, in
/// [`Error::Service`], and every layer still goes by what the inner layer said: the call was rejected, or ran out of time. So do
/// [`rejection`](Self::rejection), [`elapsed`](Self::elapsed) and [`is_timeout`](Self::is_timeout). It is found behind
/// `#[source]`, `#[from]`, `#[error(transparent)]`, a box and `anyhow`. A [`FallbackError`] ends the search, because its call was
/// sent.
///
/// # Services made of a function
///
/// `From<BoxError>` and `From<Infallible>` let a `service_fn` return `Result<_, palisade::Error>` and use `?`. That is
/// also the way around a limit of the compiler: an async block that returns `BoxError` and is spawned as a part of
/// another async block meets "implementation of `From` is not general enough" with every layer that is bounded by
/// `Into<BoxError>`, tower's own too. So does a boxed service whose error is `BoxError`. Return `palisade::Error`, or an error
/// type of your own; box with `palisade::Error`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A layer refused the call: nothing was sent to the service below.
    #[error(transparent)]
    Rejected(Rejection),
    /// The call ran out of time: the service may or may not have acted on it.
    #[error(transparent)]
    TimedOut(Elapsed),
    /// The service itself failed; its own error is inside.
    #[error("the service failed")]
    Service(#[source] BoxError),
}

impl Error {
    /// Lifts the error of an inner service, which stays what it was if it is one of ours.
    #[inline(always)]
    pub(crate) fn lift<E: Into<BoxError> + 'static>(error: E) -> Self {
        let mut slot = Some(error);
        let known = {
            // The compiler knows the type of `slot` and folds these tests away.
            let slot: &mut dyn Any = &mut slot;
            let own = slot.downcast_mut::<Option<Self>>().and_then(Option::take);
            let rejection = slot.downcast_mut::<Option<Rejection>>().and_then(Option::take).map(Self::Rejected);
            let elapsed = slot.downcast_mut::<Option<Elapsed>>().and_then(Option::take).map(Self::TimedOut);
            let boxed = slot.downcast_mut::<Option<BoxError>>().and_then(Option::take).map(Self::from);
            own.or(rejection).or(elapsed).or(boxed)
        };
        let lifted = known.or_else(|| slot.take().map(|foreign| Self::of_foreign(foreign.into())));
        lifted.expect("the slot was filled above")
    }

    /// What is no box itself may become one with our own error in it.
    #[inline(always)]
    fn of_foreign(error: BoxError) -> Self {
        error.downcast().map_or_else(Self::Service, |own| *own)
    }

    /// The service's own error by reference, if it is an `E`.
    pub fn downcast_ref<E: error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Service(error) => Known::own(error).downcast_ref(),
            _ => None,
        }
    }

    /// The service's own error by value, if it is an `E`.
    ///
    /// Of callers who [share](crate::coalesce) a call, only the last who has the error gets it by value.
    ///
    /// # Errors
    ///
    /// When it is not, or others have it too: the error itself, unchanged.
    pub fn downcast<E: error::Error + 'static>(self) -> Result<E, Self> {
        match self {
            Self::Service(error) if Known::own(&error).is::<E>() => {
                let own = Known::into_own(error).and_then(|own| own.downcast().map(|error| *error));
                own.map_err(Self::Service)
            }
            other => Err(other),
        }
    }
}

/// What is in the box stays what it is, also a [`Rejection`] or an [`Elapsed`] that a service got from a handle.
impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        let error = match error.downcast::<Rejection>() {
            Ok(rejection) => return Self::Rejected(*rejection),
            Err(error) => error,
        };
        match error.downcast::<Elapsed>() {
            Ok(elapsed) => Self::TimedOut(*elapsed),
            Err(error) => Self::of_foreign(error),
        }
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Elapsed> for Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::TimedOut(elapsed)
    }
}

const _: () = assert!(size_of::<Error>() <= 32, "an error is copied with every result");
