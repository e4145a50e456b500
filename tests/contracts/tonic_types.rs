//! What carries the bodies of tonic promises.

use super::*;

every_type_is! {
    what_carries_tonics_bodies_may_be_moved_and_sent: [Send + Unpin + 'static + Debug]
    GuardedBody<tonic::body::Body, BulkheadGuard, HttpClassifier>, GuardedBody<tonic::body::Body, CircuitGuard, GrpcClassifier>,
    AnswerBody<tonic::body::Body>, DrainedBody<tonic::body::Body>, TimedBody<tonic::body::Body>, ReplayBody<tonic::body::Body>,
    Retry<Silent, Rules<GrpcClassifier, Resend<tonic::body::Body, CountAttempts>, Pushback>>,
}
