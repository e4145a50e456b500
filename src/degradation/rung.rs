//! A mode and its signals, once they were checked.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it

use crate::name::Name;
use crate::state::degradation::Lines;

/// Gives what a signal is now.
pub(super) type Read = Box<dyn Fn() -> f64 + Send + Sync>;

/// A mode, as it is used.
#[derive(Debug)]
pub(super) struct Rung {
    pub(super) name: Name,
    pub(super) lines: Lines,
    pub(super) signals: Vec<Signal>,
}

pub(super) struct Signal {
    pub(super) name: Name,
    pub(super) read: Read,
    /// Whether a panic of it was told.
    has_panicked: AtomicBool,
}

impl Signal {
    pub(super) fn new(name: Name, read: Read) -> Self {
        Self { name, read, has_panicked: AtomicBool::new(false) }
    }

    /// Notes that it has panicked, and returns whether it never had before.
    pub(super) fn panics_first(&self) -> bool {
        !self.has_panicked.swap(true, Ordering::Relaxed)
    }
}

/// What it reads is foreign code.
impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signal").field(&self.name).finish()
    }
}
