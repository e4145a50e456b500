//! What carries the bodies of tonic promises.

use std::future::Pending;

use palisade::Retry;
use palisade::tonic::{ResponseFuture, StatusBody, StatusLayer, Statuses};
use tonic::body::Body;

use super::*;

every_type_is! {
    what_carries_its_bodies_may_be_moved_and_sent: [Send + Unpin + 'static + Debug]
    InBulkhead<Body>, InCircuit<Body>, AnswerBody<Body>, DrainedBody<Body>, TimedBody<Body>, ReplayBody<Body>,
    StatusBody<Body>, Statuses<Silent>, ResponseFuture<Pending<()>>, StatusLayer,
    Retry<Silent, Rules<GrpcClassifier, Resend<Body, CountAttempts>, Pushback>>,
}

every_type_is! {
    every_layer_and_service_may_be_shared_and_cloned: [Sync + Clone]
    StatusLayer, Statuses<Silent>,
}
