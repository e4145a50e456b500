//! Why a store failed.

use std::path::PathBuf;
use std::sync::Arc; // several writers get one error

use tower::BoxError;

/// Why a store could not be opened, written or read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process, or another part of this one, has the file open.
    #[error("`{}` is open elsewhere: give each process a file of its own", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged, or not of this store. It is left as it is.
    #[error("`{}` is damaged or no store, and was left as it is: put a copy of it in its place, or move it away to begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// A newer version of this crate wrote the file. It is left as it is.
    #[error("`{}` has format {found}, and this version reads up to {known}: update palisade", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: u64,
        /// The newest format that this version reads.
        known: u64,
    },
    /// It could not be read or written, as when the disk is full. The next operation tries anew.
    #[error("the store failed: {source}")]
    Failed {
        /// What went wrong.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// The error of an operation that failed, for stores of your own.
    pub fn failed(error: impl Into<BoxError>) -> Self {
        Self::Failed { source: error.into().into() }
    }
}
