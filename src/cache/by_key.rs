//! Responses that are kept by a key of their requests.

use std::future::{Ready, ready};
use std::hash::Hash;
use std::marker::PhantomData;
use std::time::Duration;

use super::keep::{Around, Keep, Read, Terms};
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::kept::{Keyed, Place, Recall};
use crate::outcome::{Classify, DefaultClassifier, EndedBy, Outcome};

/// Keeps responses by a key that a function takes from the request.
pub struct ByKey<F, K, C = DefaultClassifier, W = Alike> {
    pub(super) by: F,
    pub(super) classifier: C,
    pub(super) weigher: W,
    pub(super) key: PhantomData<fn() -> K>,
}

/// Says how much of the capacity a response takes. Implemented by every `Fn(&Response) -> u32`.
pub trait Weigh<Response> {
    /// The weight of a response.
    fn weigh(&self, response: &Response) -> u32;
}

impl<Response, F: Fn(&Response) -> u32> Weigh<Response> for F {
    fn weigh(&self, response: &Response) -> u32 {
        self(response)
    }
}

/// Each response weighs 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alike;

impl<Response> Weigh<Response> for Alike {
    fn weigh(&self, _: &Response) -> u32 {
        1
    }
}

impl<F, K, C, W> Keyed for ByKey<F, K, C, W>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
{
    type Key = K;
}

impl<Request, Response, F, K, C, W> Recall<Request, Response> for ByKey<F, K, C, W>
where
    F: Fn(&Request) -> K,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    Response: Clone,
{
    type Value = Response;

    fn place(&self, request: &Request) -> Place<K> {
        Place::At((self.by)(request))
    }

    fn answer(&self, value: &Response, _: Option<Duration>) -> Response {
        value.clone()
    }
}

impl<Request, Response, F, K, C, W> Keep<Request, Response> for ByKey<F, K, C, W>
where
    F: Fn(&Request) -> K,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    Response: Clone + Send + Sync + 'static,
    C: Classify<Response>,
    W: Weigh<Response>,
{
    type Kept = Response;
    type Response = Response;
    type Asked = ();
    type Reading = Ready<Result<Read<Response, Response>, Error>>;

    fn ask(&self, _: &Request) {}

    fn read(&self, (): (), response: Response, _: Around) -> Self::Reading {
        ready(Ok(match self.classifier.classify(Ok(&response)) {
            Outcome::Success => Read::Keep(response, Terms::default()),
            outcome => Read::Share(response, outcome.is_failure()),
        }))
    }

    fn pass(&self, response: Response) -> (Response, bool) {
        let is_error = self.classifier.classify(Ok(&response)).is_failure();
        (response, is_error)
    }

    fn is_failure(&self, error: &Error) -> bool {
        is_failure::<Response>(&self.classifier, error)
    }

    fn weigh(&self, _: &K, response: &Response) -> u32 {
        self.weigher.weigh(response)
    }
}

/// Whether a failed call may be answered by a response that is fresh no more.
pub(crate) fn is_failure<Response>(classifier: &impl Classify<Response>, error: &Error) -> bool {
    match EndedBy::of::<Response>(Err(error)) {
        EndedBy::Rejection(_) => true,
        EndedBy::Caller { .. } => false,
        EndedBy::Service => classifier.classify(Err(error)).is_failure(),
    }
}

impl<F: Clone, K, C: Clone, W: Clone> Clone for ByKey<F, K, C, W> {
    fn clone(&self) -> Self {
        let Self { by, classifier, weigher, key } = self;
        Self { by: by.clone(), classifier: classifier.clone(), weigher: weigher.clone(), key: *key }
    }
}

debug_by_type! { ByKey<F, K, C, W> }
