//! What there can be one of for each key.

#![expect(private_bounds, private_interfaces, reason = "nobody outside implements it")]

use crate::{
    call::Handled,
    state::keys::Retain,
    time::{Clock, Nanos},
};

/// A limit of which each key can have its own: that of a circuit breaker or of a bulkhead, with a queue or without.
///
/// The limit itself is the model that those of the keys are made like. No call passes it.
pub trait Fork: Handled<Handle: Retain> + Sized {
    /// Another with the same settings, for a key. The map keeps its handle.
    fn fork(&self, key: Key) -> Self::Handle;

    /// The limit of a key, for one call, with what the map gave of it.
    #[must_use]
    fn of_key(&self, own: <Self::Handle as Retain>::Own) -> Self;
}

/// The key that a limit is made for.
#[derive(Debug)]
pub struct Key {
    /// The clock of the map, by which the limit says how long it is kept.
    pub(crate) clock: Clock,
    pub(crate) now: Nanos,
    pub(crate) label: Option<Label>,
}

/// A key as events show it. It is one word wide, because most keys are not shown.
#[derive(Debug)]
pub(crate) struct Label(Box<Box<str>>);

impl Label {
    pub(super) fn new(text: String) -> Self {
        Self(Box::new(text.into_boxed_str()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
