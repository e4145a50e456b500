//! What finds replicas while the service runs.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower::BoxError;
use tower::discover::{Change, Discover};

use crate::error::Error;

/// A change, with the name of the replica.
type News<S> = Result<Change<Arc<str>, S>, Error>;

/// Finds replicas. Boxed, so that the service has no type parameter for it.
pub(super) type Found<S> = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<News<S>>> + Send>;

pub(super) fn found<S, D>(discover: D) -> Found<S>
where
    D: Discover<Service = S> + Send + 'static,
    D::Key: fmt::Display,
    D::Error: Into<BoxError> + 'static,
{
    let mut discover = Box::pin(discover);
    let named = |news: Result<_, D::Error>| news.map(named).map_err(Error::lift);
    Box::new(move |cx| discover.as_mut().poll_discover(cx).map(|news| news.map(named)))
}

fn named<K: fmt::Display, S>(change: Change<K, S>) -> Change<Arc<str>, S> {
    match change {
        Change::Insert(key, service) => Change::Insert(key.to_string().into(), service),
        Change::Remove(key) => Change::Remove(key.to_string().into()),
    }
}
