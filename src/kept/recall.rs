//! Where the response to a request may be kept.

use std::hash::Hash;
use std::time::Duration;

/// What responses are kept by.
pub trait Keyed {
    /// The key. It must hold whatever the response depends on.
    type Key: Hash + Eq + Clone + Send + Sync + 'static;
}

/// Says where the response to a request is kept, and gives it again.
pub trait Recall<Request, Response>: Keyed {
    /// A response as it is kept.
    type Value;

    /// Says where the response to a request is kept.
    fn place(&self, request: &Request) -> Place<Self::Key>;

    /// Says what the value of a key is for the request, at this age; `None` where it is of a call that began after the request came.
    ///
    /// Defaults to [`Look::Here`].
    fn look(&self, _: &Request, _: &Self::Value, _: Option<Duration>) -> Look<Self::Key> {
        Look::Here
    }

    /// Gives the response, which was kept for so long; `None` where it has just come.
    fn answer(&self, value: &Self::Value, age: Option<Duration>) -> Response;
}

/// Where the response to a request is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place<K> {
    /// At this key.
    At(K),
    /// It is not kept.
    Nowhere,
    /// It is not kept, and unless it is an error, what is kept at these keys is thrown away.
    Spoils(Vec<K>),
}

/// What there is for a request at its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Look<K> {
    /// The response.
    Here,
    /// A response that the request does not take.
    Unfit,
    /// The response may be at another key.
    Elsewhere(K),
    /// No response: each request needs one of its own.
    Alone,
}

/// A cache, for those who give what it keeps when the service fails.
pub trait Keeps<Request, Response> {
    /// What is kept for a request.
    type Found;

    /// Looks for what is kept for a request, however old it is.
    fn find(&self, request: &Request) -> Self::Found;

    /// Gives what was found, unless it is gone by now.
    fn give(&self, found: Self::Found) -> Option<Response>;
}
