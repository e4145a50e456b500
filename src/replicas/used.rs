//! Which replica gave a response.

use std::sync::Arc;

/// Says which replica gave a response, and which ones were tried before it.
///
/// [`mark_responses`](super::ReplicasBuilder::mark_responses) puts it into the extensions of responses of HTTP and gRPC.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplicaUsed {
    /// The name of the replica.
    pub name: Arc<str>,
    /// The names of the replicas that were tried before. First come those that earlier attempts of a retry around were sent to; a retry
    /// remembers four. Then come those that this attempt passed over.
    pub tried: Vec<Arc<str>>,
}
