//! What is handed over of a call that failed.

use std::fmt;
use std::time::SystemTime;

use crate::context::DeadLetterId;
use crate::error::{Chain, Error, Verdict};
use crate::name::Name;
use crate::outcome::Outcome;

/// A call that finally failed: its request, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter<Request> {
    /// The same in all replays: see [`DeadLetterId`].
    pub id: DeadLetterId,
    /// The request.
    pub request: Request,
    /// How the call failed.
    pub reason: Reason,
    /// How many attempts it took, as the [retry](crate::retry) below says. It is 1 without one, and where the call failed in a task of its
    /// own.
    pub attempts: u32,
    /// When the call was first seen to wait, or to fail, by the system's clock.
    pub first_at: SystemTime,
    /// When it had failed, by the system's clock. It is not before `first_at`.
    pub last_at: SystemTime,
    /// The name of the layer that made the letter.
    pub name: Name,
}

/// How the call of a letter failed. The text says more, in at most 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A layer rejected it, so nothing was sent.
    Rejected(String),
    /// It ran out of time. It may have been acted on.
    TimedOut(String),
    /// The service failed. It may have acted on it.
    Failed(String),
}

impl Reason {
    /// The reason of a result that is a failure.
    pub(super) fn of<Response>(result: Result<&Response, &Error>, outcome: Option<Outcome>) -> Self {
        let Err(error) = result else {
            let outcome = outcome.map_or("failed", Outcome::as_str);
            return Self::Failed(format!("a response that was taken for a failure ({outcome})"));
        };
        let mut text = Chain(error).to_string();
        text.truncate(beginning(&text).len());
        match error.verdict() {
            Some(Verdict::Rejected(_)) => Self::Rejected(text),
            Some(Verdict::TimedOut(_)) => Self::TimedOut(text),
            None => Self::Failed(text),
        }
    }

    /// Whether the call was surely not sent.
    pub(super) const fn is_clear(&self) -> bool {
        matches!(self, Self::Rejected(_))
    }

    /// What the error said.
    pub fn text(&self) -> &str {
        match self {
            Self::Rejected(text) | Self::TimedOut(text) | Self::Failed(text) => text,
        }
    }
}

/// The longest text of a reason, in characters.
const MAX_TEXT: usize = 200;

/// The beginning of a text.
pub(super) fn beginning(text: &str) -> &str {
    text.char_indices().nth(MAX_TEXT).map_or(text, |(end, _)| &text[..end])
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self {
            Self::Rejected(_) => "rejected",
            Self::TimedOut(_) => "timed out",
            Self::Failed(_) => "failed",
        };
        write!(f, "{how}: {}", self.text())
    }
}
