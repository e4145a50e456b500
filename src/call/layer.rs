//! The layer of all limits: one limit for all the services it makes.

use std::marker::PhantomData;

use tower::Layer;

use super::{Admission, Handled, Waiting};

/// Wraps services in a limit.
///
/// Services made by one layer, and their clones, share it.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct AdmissionLayer<A, E, W = AtOnce> {
    pub(crate) admit: A,
    pub(crate) end: E,
    entry: PhantomData<W>,
}

/// Calls are let through at once, or rejected.
#[derive(Clone, Copy, Debug)]
pub struct AtOnce;

/// Calls may wait before they are let through.
#[derive(Clone, Copy, Debug)]
pub struct InTurn;

impl<A, E> AdmissionLayer<A, E> {
    /// Wraps services in this limit, an [`Admit`](super::Admit), whose calls end as `end` says.
    ///
    /// What the limit counts is made before, so that all services share it.
    pub const fn of(admit: A, end: E) -> Self {
        Self::made(admit, end)
    }
}

impl<A, E> AdmissionLayer<A, E, InTurn> {
    /// Wraps services in this limit, a [`Wait`](super::Wait), whose calls end as `end` says.
    pub const fn in_turn(admit: A, end: E) -> Self {
        Self::made(admit, end)
    }
}

impl<A, E, W> AdmissionLayer<A, E, W> {
    pub(crate) const fn made(admit: A, end: E) -> Self {
        Self { admit, end, entry: PhantomData }
    }
}

impl<A: Handled, E, W> AdmissionLayer<A, E, W> {
    /// A handle to look at the limit and to steer it.
    pub fn handle(&self) -> A::Handle {
        self.admit.handle()
    }
}

impl<S, A: Clone, E: Clone> Layer<S> for AdmissionLayer<A, E, AtOnce> {
    type Service = Admission<S, A, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Admission::new(inner, self.admit.clone(), self.end.clone())
    }
}

impl<S, A: Clone, E: Clone> Layer<S> for AdmissionLayer<A, E, InTurn> {
    type Service = Waiting<S, A, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Waiting::new(inner, self.admit.clone(), self.end.clone())
    }
}
