//! What a response says that is a fallback's answer.

/// Says that a response is the answer of a fallback.
///
/// Where the layer was made by `FallbackLayer::http` or `FallbackLayer::grpc`, with the feature `http`, it is in the extensions of the
/// response, for the layers outside and for the caller. It is not sent over the wire. For responses of another type, set
/// [`mark`](super::FallbackLayer::mark).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Degraded {
    /// The number of the step that answered, from 1.
    pub step: u32,
}
