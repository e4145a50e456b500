//! Why a replay did not run, or ended.

use crate::error::ConfigError;
use crate::store::StoreError;

/// Why a replay did not run, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A setting is not legal.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The queue is being replayed already.
    #[error("the queue is being replayed already")]
    Running,
    /// The store failed. Letters whose replays had begun were replayed to their ends.
    #[error(transparent)]
    Store(#[from] StoreError),
}
