//! The layer: to whom letters go, for the services it makes.

use tower::Layer;

use super::accept::Accepting;
use super::losses::Losses;
use super::rules::Rules;
use super::service::DeadLettered;
use crate::cached_arc::CachedArc;
use crate::call::copies::AsIs;
use crate::name::Name;
use crate::registry::{Entry, Registry};
use crate::source::Kind;

/// Wraps services in a [`DeadLettered`].
///
/// Its services share its sink, and no other state.
#[derive(Clone, Debug)]
#[must_use]
pub struct DeadLetterLayer<Q, R = Rules> {
    sink: Q,
    rules: R,
    entry: Entry,
    losses: CachedArc<Losses>,
}

impl<Q> DeadLetterLayer<Q> {
    /// Hands letters to this [`Sink`](super::Sink).
    pub fn new(sink: Q) -> Self {
        let entry = Entry::new(Kind::DeadLetter, Name::of("dead letters"), Vec::new());
        Self { sink, rules: Rules::default(), entry, losses: Losses::new() }
    }
}

impl<Q, R> DeadLetterLayer<Q, R> {
    /// Sets what letters, events and the registry call it.
    ///
    /// With the name of its queue, both are counted together. Defaults to `dead letters`.
    pub fn name(self, name: Name) -> Self {
        Self { entry: self.entry.named(name), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { entry: self.entry.listed_in(registry), ..self }
    }

    pub(crate) fn map<P>(self, map: impl FnOnce(R) -> P) -> DeadLetterLayer<Q, P> {
        let Self { sink, rules, entry, losses } = self;
        DeadLetterLayer { sink, rules: map(rules), entry, losses }
    }
}

impl<Q, C, K, A> DeadLetterLayer<Q, Rules<C, K, A>> {
    /// Decides by a [`Classify`](crate::Classify), most often a closure, what a result means.
    ///
    /// A letter is made for `Transient`, `Throttled` and `Failed`, and for every rejection. Set it wherever a failure arrives as an
    /// `Ok` response. Defaults to [`DefaultClassifier`](crate::DefaultClassifier).
    #[doc(alias = "should_handle")]
    pub fn classify<D>(self, classifier: D) -> DeadLetterLayer<Q, Rules<D, K, A>> {
        self.map(|Rules { keep, accept, .. }| Rules { classifier, keep, accept })
    }

    /// Copies requests by a function `Fn(&Request) -> Option<Request>`.
    ///
    /// There is no letter of a request that it does not copy. Set it for requests that are not `Clone`, or costly to clone. Defaults to
    /// [`CloneRequest`](crate::retry::CloneRequest).
    pub fn copy_request<L>(self, copy: L) -> DeadLetterLayer<Q, Rules<C, AsIs<L>, A>> {
        self.map(|Rules { classifier, accept, .. }| Rules { classifier, keep: AsIs(copy), accept })
    }

    /// Gives callers a response, a function `Fn(&DeadLetter<Request>) -> Response`, once their letters are stored.
    ///
    /// It is for calls that were rejected, because nothing was sent of them. If the letter is lost, the caller gets the failure of the
    /// call. Defaults to giving callers the failures of their calls.
    pub fn accept<F>(self, response: F) -> DeadLetterLayer<Q, Rules<C, K, Accepting<F>>> {
        self.map(|Rules { classifier, keep, .. }| {
            let accept = Accepting { response, unclear: false };
            Rules { classifier, keep, accept }
        })
    }
}

impl<Q, C, K, F> DeadLetterLayer<Q, Rules<C, K, Accepting<F>>> {
    /// Gives the response also for calls that may have been acted on.
    ///
    /// Set it where the service does nothing twice: most often by the [id](super::DeadLetterId) of the letter. Defaults to calls that
    /// were rejected.
    pub fn accept_unclear(self) -> Self {
        self.map(|Rules { classifier, keep, accept }| Rules {
            classifier,
            keep,
            accept: Accepting { unclear: true, ..accept },
        })
    }
}

impl<S, Q: Clone, R: Clone> Layer<S> for DeadLetterLayer<Q, R> {
    type Service = DeadLettered<S, Q, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { sink, rules, entry, losses } = self.clone();
        DeadLettered::new(inner, sink, rules, entry, losses)
    }
}
