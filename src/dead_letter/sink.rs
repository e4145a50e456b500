//! Who takes letters.

use std::future::{Ready, ready};
use std::pin::Pin;

use super::letter::DeadLetter;
use super::lost::Lost;
use crate::context::DeadLetterId;

/// Takes letters. Implemented by every `Fn(DeadLetter<Request>)`, by [`Channel`](super::Channel) and by
/// [`DeadLetters`](super::DeadLetters).
pub trait Sink<Request> {
    /// Ends when the letter is stored, or lost.
    type Future: Future<Output = Result<(), Lost>>;

    /// Takes a letter.
    fn store(&self, letter: DeadLetter<Request>) -> Self::Future;

    /// Whether this sink has the letter of this id already. The call was a replay of it then, and makes no letter. Defaults to `false`.
    fn has(&self, _: DeadLetterId) -> bool {
        false
    }

    /// Whether a call gets a [`LetterLost`](super::LetterLost) in place of its own failure, if its letter is lost. Defaults to `false`.
    fn fails_calls(&self) -> bool {
        false
    }
}

impl<Request, F: Fn(DeadLetter<Request>)> Sink<Request> for F {
    type Future = Ready<Result<(), Lost>>;

    fn store(&self, letter: DeadLetter<Request>) -> Self::Future {
        self(letter);
        ready(Ok(()))
    }
}

/// The future of a sink that may have to wait. It is boxed: who waits for a receiver or for a disk waits far longer for that.
pub type Storing = Pin<Box<dyn Future<Output = Result<(), Lost>> + Send>>;

/// What becomes of a letter for which there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenFull {
    /// It is lost, and that is told. The default.
    #[default]
    Lose,
    /// The oldest letters are lost in its place, and that is told.
    Oldest,
    /// It waits for room, and its call with it.
    Wait,
    /// It is lost, and its call fails with [`LetterLost`](super::LetterLost). So does a call whose letter is lost for another reason.
    Fail,
}

impl WhenFull {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Lose => "lose",
            Self::Oldest => "oldest",
            Self::Wait => "wait",
            Self::Fail => "fail",
        }
    }
}
