//! What an experiment breaks.

use tower::BoxError;

use crate::chaos::handle::ChaosHandle;

/// Something that an [`Experiment`](super::Experiment) starts and stops.
pub trait Disrupt: Send + Sync {
    /// What reports call it.
    fn name(&self) -> String;

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When it cannot be started. Then the experiment is aborted.
    fn start(&self) -> Result<(), BoxError>;

    /// Stops it, also if it has not started, or has stopped.
    fn stop(&self);

    /// Whether it goes on. If it has ended by itself, the experiment is aborted. Defaults to `true`.
    fn is_on(&self) -> bool {
        true
    }

    /// How much it has done since its start, such as calls that were faulted. It is asked while it is on. Defaults to 0.
    fn done(&self) -> u64 {
        0
    }
}

impl Disrupt for ChaosHandle {
    fn name(&self) -> String {
        format!("chaos `{}`", Self::name(self))
    }

    fn start(&self) -> Result<(), BoxError> {
        Self::start(self);
        Ok(())
    }

    fn stop(&self) {
        self.halt();
    }

    fn is_on(&self) -> bool {
        self.snapshot().is_on
    }

    fn done(&self) -> u64 {
        self.snapshot().faulted
    }
}
