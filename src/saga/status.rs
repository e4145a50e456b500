//! Sagas that have not ended, as who looks sees them.

use std::time::SystemTime;

use crate::state::saga::SagaState;
use crate::time::wall_clock;

/// A saga that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SagaStatus {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: SagaState,
    /// The step that runs or is compensated; of a stuck one that which failed. `None` where that is not known.
    pub step: Option<String>,
    /// Since when it stands so, by the system's clock.
    pub since: SystemTime,
    /// Why it is not compensated or stuck, or else why it goes back, with its causes, in at most 200 characters.
    pub error: Option<String>,
    /// The steps that may be done and are not undone, where it goes back or is stuck.
    pub uncompensated: Vec<String>,
}

impl SagaStatus {
    /// That of one that stands so from now on.
    pub(super) fn new(id: &str, state: SagaState) -> Self {
        let (id, since) = (id.to_owned(), wall_clock());
        Self { id, state, step: None, since, error: None, uncompensated: Vec::new() }
    }
}
