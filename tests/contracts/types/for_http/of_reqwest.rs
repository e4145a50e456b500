//! What the types for reqwest promise.

use std::future::Ready;

use palisade::Retry;
use palisade::reqwest::{ClientFuture, Reqwest, ReqwestClient, ReqwestLayer, ResponseFuture};
use reqwest::{Body, Request};

use super::*;

type Stack = Reqwest<Retry<ReqwestClient, Rules<HttpClassifier, Resend<Body>, Idempotent>>>;

every_type_is! {
    every_public_type_may_be_sent_and_kept_and_shown: [Send + 'static + Debug]
    ReqwestClient, ClientFuture, ReqwestLayer, Reqwest<ReqwestClient>, ResponseFuture<ClientFuture>, Stack,
    <Stack as Service<Request>>::Future,
}

every_type_is! {
    every_client_and_layer_may_be_shared_and_cloned: [Sync + Clone]
    ReqwestClient, ReqwestLayer, Reqwest<ReqwestClient>, Stack,
}

every_type_is! {
    what_has_no_state_is_made_of_nothing: [Default]
    ReqwestClient, ReqwestLayer,
}

every_type_is! {
    what_carries_its_bodies_may_be_shared_and_moved: [Sync + Unpin]
    InBulkhead<Body>, InCircuit<Body>, AnswerBody<Body>, DrainedBody<Body>, TimedBody<Body>, ReplayBody<Body>,
}

#[test]
fn its_future_may_be_sent_exactly_when_the_inner_may() {
    assert!(Sends::<ResponseFuture<Ready<()>>>(PhantomData).yes());
    assert!(!Sends::<ResponseFuture<Ready<Rc<()>>>>(PhantomData).yes());
}
