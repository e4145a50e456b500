//! Looks at the sagas of a name.

use std::fmt;
use std::sync::Arc; // no model checks it

use super::shared::Shared;
use super::status::SagaStatus;
use crate::name::Name;
use crate::store::StoreError;

/// Looks at the sagas of a name that have not ended, from anywhere.
///
/// Handles are cheap to clone. They show what this process has begun or [resumed](super::Saga::resume).
#[derive(Clone)]
pub struct SagaHandle {
    pub(super) shared: Arc<Shared>,
}

impl SagaHandle {
    /// The name of the sagas.
    pub fn name(&self) -> Name {
        self.shared.row.name()
    }

    /// All that have not ended, by their ids.
    pub fn sagas(&self) -> Vec<SagaStatus> {
        self.shared.statuses()
    }

    /// Forgets a saga that is stuck, because somebody has put things right by hand, or that has ended. Returns whether there was one.
    ///
    /// After that the same id runs anew.
    ///
    /// # Errors
    ///
    /// When the log failed.
    pub async fn forget(&self, id: &str) -> Result<bool, StoreError> {
        self.shared.forget(id).await
    }
}

impl fmt::Debug for SagaHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SagaHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
