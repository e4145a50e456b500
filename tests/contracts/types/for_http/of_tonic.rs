//! What carries the bodies of tonic promises.

use palisade::Retry;
use tonic::body::Body;

use super::*;

every_type_is! {
    what_carries_its_bodies_may_be_moved_and_sent: [Send + Unpin + 'static + Debug]
    InBulkhead<Body>, InCircuit<Body>, AnswerBody<Body>, DrainedBody<Body>, TimedBody<Body>, ReplayBody<Body>,
    Retry<Silent, Rules<GrpcClassifier, Resend<Body, CountAttempts>, Pushback>>,
}
