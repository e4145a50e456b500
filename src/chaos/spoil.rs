//! What becomes of a response that has come.

#[cfg(feature = "http")]
use std::time::Duration;

use std::fmt;
use std::sync::Arc; // no model checks it

use super::shared::Core;
#[cfg(feature = "http")]
use super::wait::{Wait, wait};
use crate::call::{End, Plain};
use crate::error::Error;
#[cfg(feature = "http")]
use crate::name::Name;
#[cfg(feature = "http")]
use crate::time;

/// What faults do to the body of a response: most often nothing.
#[derive(Debug, Default)]
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "no other end knows bodies"))]
pub struct Spoil(pub(super) Option<Box<Spoiling>>);

/// Boxed, so that the calls that meet no such fault do not carry it.
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "no other end knows bodies"))]
pub(crate) struct Spoiling {
    pub(super) core: Arc<Core>,
    pub(super) run: u64,
    /// Whether the body is cut half way.
    pub(crate) is_cut: bool,
    /// How many bytes pass in a second, if that is limited.
    pub(crate) slow: Option<u64>,
}

#[cfg(feature = "http")]
impl Spoil {
    pub(crate) fn spoiling(self) -> Option<Box<Spoiling>> {
        self.0
    }
}

#[cfg(feature = "http")]
impl Spoiling {
    /// The name of the chaos.
    pub(crate) fn name(&self) -> Name {
        self.core.row.name()
    }

    /// Whether the faults have stopped, so that the rest of the body comes as it is.
    pub(crate) fn is_over(&self) -> bool {
        self.core.look(|runs| runs.end_of(self.run)).is_none()
    }

    /// Waits so long, or until the faults stop.
    pub(crate) fn wait(&self, delay: Duration) -> Wait {
        Box::pin(wait(Arc::clone(&self.core), self.run, Some(time::after(time::now(), delay))))
    }
}

impl fmt::Debug for Spoiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_cut, slow, .. } = self;
        f.debug_struct("Spoiling").field("is_cut", is_cut).field("slow", slow).finish_non_exhaustive()
    }
}

/// A response without a body comes whole.
impl<Response, C> End<Spoil, Response> for Plain<C> {
    type Response = Response;

    #[inline(always)]
    fn answered(self, _: Spoil, response: Response) -> Response {
        response
    }

    fn failed(self, _: Spoil, _: &Error) {}
}
