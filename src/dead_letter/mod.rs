//! Keeps the calls that finally failed.

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
