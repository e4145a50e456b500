//! Steps: what is called, and by which key.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc; // no model checks it

use tower::BoxError;

use crate::caught::Caught;
use crate::error::Error;
use crate::name::Name;

/// The key of a step or of its compensation, which is the same however often that is called.
///
/// It is `id/step`, or `id/step/undo` for the compensation. Send it along, so that the service does once what it is asked twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StepKey(String);

impl StepKey {
    pub(super) fn of(id: &str, step: Name) -> Self {
        Self(format!("{id}/{step}"))
    }

    /// The key of its compensation.
    pub(super) fn undo(self) -> Self {
        Self(self.0 + "/undo")
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A call of a step. It is boxed so that steps of all types stand in one list: a write to the log takes far longer.
pub(super) type Calling<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

type Call<C, T> = Box<dyn Fn(C, StepKey) -> Calling<T> + Send + Sync>;

/// What makes one context of that of the saga and that which a step in parallel returned.
pub(super) type Merge<C> = Arc<dyn Fn(C, C) -> C + Send + Sync>;

/// A step, and its compensation if it has one.
pub(super) struct Step<C> {
    pub(super) run: Call<C, C>,
    pub(super) undo: Option<Call<C, ()>>,
    /// `None` where it does not run in parallel.
    pub(super) merge: Option<Merge<C>>,
}

/// A step, and what it is called.
pub(super) type Named<C> = (&'static str, Step<C>);

/// A function as a step or a compensation. What it does first may panic too, so it is called when it is polled.
pub(super) fn boxed<C, T, F, Fut, E>(function: F) -> Call<C, T>
where
    C: Send + 'static,
    F: Fn(C, StepKey) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, E>> + Send,
    E: Into<BoxError> + 'static,
    T: 'static,
{
    let function = Arc::new(function);
    Box::new(move |context, key| {
        let function = Arc::clone(&function);
        let inner = async move { function(context, key).await.map_err(Error::lift) };
        Box::pin(Caught { inner })
    })
}
