//! What the clones of a page share.

use super::gate::Gate;
use super::live::Live;
use crate::registry::Registry;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) registry: Registry,
    pub(super) gate: Gate,
    pub(super) live: Live,
}
