//! Why a letter was lost.

use std::error;
use std::fmt;

use tower::BoxError;

use crate::error::{Chain, Error};
use crate::state::letters::counted::Loss;
use crate::store::StoreError;

/// Why a sink did not take a letter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Lost {
    /// There is no room for another letter.
    #[error("there is no room for another letter")]
    Full,
    /// The letter alone is larger than all letters may be.
    #[error("the letter has {bytes} bytes, more than all may have")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Nobody takes letters any more.
    #[error("nobody takes letters any more")]
    Closed,
    /// The request could not be copied, so that there is no letter of it.
    #[error("the request could not be copied")]
    NoCopy,
    /// The request could not be made bytes.
    #[error("the request could not be made bytes")]
    NotEncoded(#[source] BoxError),
    /// The store failed.
    #[error("the letter could not be stored")]
    Store(#[source] StoreError),
}

impl Lost {
    pub(super) const fn loss(&self) -> Loss {
        match self {
            Self::Full => Loss::Full,
            Self::TooLarge { .. } => Loss::TooLarge,
            Self::Closed => Loss::Closed,
            Self::NoCopy => Loss::NoCopy,
            Self::NotEncoded(_) => Loss::NotEncoded,
            Self::Store(_) => Loss::Store,
        }
    }
}

/// Says that a call failed, and that its letter was lost too.
///
/// The caller gets it, in an [`Error::Service`], where the sink is set to [fail calls](super::WhenFull::Fail). Its
/// [`source`](error::Error::source) is the error of the call, so that layers above go by that.
#[derive(Debug)]
pub struct LetterLost {
    lost: Lost,
    before: Option<Error>,
}

impl LetterLost {
    pub(super) fn wrap(lost: Lost, before: Option<Error>) -> Error {
        Error::Service(Box::new(Self { lost, before }))
    }

    /// Why the letter was lost.
    pub const fn lost(&self) -> &Lost {
        &self.lost
    }

    /// The error of the call; `None` if it was a response that counts as a failure.
    pub const fn before(&self) -> Option<&Error> {
        self.before.as_ref()
    }
}

impl fmt::Display for LetterLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the call failed, and its letter was lost ({})", Chain(&self.lost))
    }
}

impl error::Error for LetterLost {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.before {
            Some(before) => Some(before),
            None => Some(&self.lost),
        }
    }
}
