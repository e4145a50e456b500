//! The queue: places, and calls that wait for one.

use super::guard::BulkheadGuard;
use super::handle::BulkheadHandle;
use super::places::Places;
use super::turn::{Line, Turn};
use crate::call::{Fork, Handled, Key, Wait};
use crate::error::Rejection;

/// Places, and a queue for calls that find none.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) places: Places,
    pub(super) line: Line,
}

impl<Request> Wait<Request> for Queue {
    type Guard = BulkheadGuard;
    type Waiting = Turn;

    fn wait(&self, _: &Request) -> Result<Turn, Rejection> {
        Ok(Turn::new(&self.places.core, self.line))
    }
}

impl Handled for Queue {
    type Handle = BulkheadHandle;

    fn handle(&self) -> BulkheadHandle {
        BulkheadHandle { line: self.line, ..self.places.handle() }
    }
}

/// Each key has places and a queue of its own.
impl Fork for Queue {
    fn fork(&self, key: Key) -> BulkheadHandle {
        BulkheadHandle { line: self.line, ..self.places.fork(key) }
    }

    fn of_key(&self, own: Places) -> Self {
        Self { places: own, ..*self }
    }
}
