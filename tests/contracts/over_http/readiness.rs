//! Only an inner service that was itself polled ready is called, and readiness errors are results.

use palisade::Phase;
use tower::ServiceExt;

use super::{
    calls::{assert_well, call, read},
    server::At,
    stacks::{Http, over_http, request},
};
use crate::{
    inner::{
        Answer::{self, After},
        Inner,
        Readiness::{Fails, Ready, Stalled},
    },
    stacks::Stack,
    support::Down,
};

/// The inner panics when it is called without having been polled ready.
async fn only_an_instance_that_was_polled_ready_is_called<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let inner = Inner::default().answers([After(1, Err(Down(1))), After(0, Ok(503)), Answer::Echo]);
    let mut stack = build(inner.clone(), At::Head);
    for _ in 0..4 {
        if let Ok(response) = stack.service.ready().await.unwrap().call(request()).await {
            read(response).await.ok();
        }
    }
    assert!(inner.calls() >= 4);
}
over_http!(every stack: only_an_instance_that_was_polled_ready_is_called);

async fn a_clone_of_a_ready_service_starts_not_ready<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let mut stack = build(Inner::default(), At::Body);
    let service = stack.service.ready().await.unwrap();
    let clone = service.clone();
    assert_eq!(read(clone.oneshot(request()).await.unwrap()).await.unwrap().0, 200);
    assert_eq!(read(service.call(request()).await.unwrap()).await.unwrap().0, 200);
}
over_http!(every stack: a_clone_of_a_ready_service_starts_not_ready);

async fn the_ready_instance_may_be_swapped_for_a_clone<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let mut service = build(Inner::default(), At::Head).service;
    for _ in 0..3 {
        service.ready().await.unwrap();
        let clone = service.clone();
        let mut ready = std::mem::replace(&mut service, clone);
        assert_eq!(read(ready.call(request()).await.unwrap()).await.unwrap().0, 200);
    }
}
over_http!(every stack: the_ready_instance_may_be_swapped_for_a_clone);

async fn one_call_needs_one_poll_for_readiness_each<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let inner = Inner::default();
    let stack = build(inner.clone(), At::Head);
    for _ in 0..5 {
        assert_well(&stack).await;
    }
    assert_eq!((inner.polled(), inner.calls()), (5, 5));
}
over_http!(every stack: one_call_needs_one_poll_for_readiness_each);

async fn a_readiness_error_is_the_result_of_the_call<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let inner = Inner::default().ever(Fails(Down(7)));
    let stack = build(inner.clone(), At::Head);
    match stack.service.clone().oneshot(request()).await {
        Ok(response) => {
            let told = response.status() == 500 || response.headers().contains_key("grpc-status");
            assert!(stack.handles.falls_back && told, "{response:?}");
        }
        Err(error) => assert!(!stack.handles.falls_back && error.downcast_ref() == Some(&Down(7)), "{error:?}"),
    }
    assert_eq!(inner.calls(), 0);
    stack.handles.assert_at_rest();
}
over_http!(every stack: a_readiness_error_is_the_result_of_the_call);

async fn a_service_that_was_unready_once_is_called_again<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let mut stack = build(Inner::default().will_be([Fails(Down(7))]), At::Head);
    if let Ok(service) = stack.service.ready().await {
        service.call(request()).await.ok();
    }
    assert_eq!(read(stack.service.ready().await.unwrap().call(request()).await.unwrap()).await.unwrap().0, 200);
}
over_http!(every stack: a_service_that_was_unready_once_is_called_again);

async fn a_call_that_waits_for_readiness_reaches_nothing<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let inner = Inner::default().ever(Stalled);
    let stack = build(inner.clone(), At::Head);
    let mut waiting = tokio_test::task::spawn(stack.service.clone().oneshot(request()));
    for _ in 0..3 {
        assert!(waiting.poll().is_pending());
    }
    drop(waiting);
    assert_eq!(inner.calls(), 0);
    stack.handles.assert_at_rest();
}
over_http!(every stack: a_call_that_waits_for_readiness_reaches_nothing);

async fn readiness_alone_takes_no_place_and_no_probe<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let mut stack = build(Inner::default(), At::Head);
    stack.handles.trip();
    let mut idle: Vec<_> = (0..10).map(|_| stack.service.clone()).collect();
    for service in &mut idle {
        service.ready().await.unwrap();
    }
    stack.service.ready().await.unwrap();
    stack.handles.assert_at_rest();
    assert_well(&stack).await;
}
over_http!(every stack: readiness_alone_takes_no_place_and_no_probe);

async fn a_probe_whose_inner_fails_to_be_ready_gives_its_place_back<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = build(Inner::default().ever(Fails(Down(7))), At::Head);
    stack.handles.trip();
    for _ in 0..3 {
        call(&stack).await.ok();
    }
    stack.handles.assert_at_rest();
    stack.handles.inner.recover();
    for _ in 0..3 {
        assert_well(&stack).await;
    }
    assert_eq!(stack.handles.circuit.unwrap().phase(), Phase::Closed);
}
over_http!(every circuit: a_probe_whose_inner_fails_to_be_ready_gives_its_place_back);

async fn a_wait_for_readiness_that_ends_lets_the_call_pass<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let inner = Inner::default().will_be([Ready, Stalled]);
    let stack = build(inner.clone(), At::Head);
    assert_well(&stack).await;
    let mut waiting = tokio_test::task::spawn(call(&stack));
    assert!(waiting.poll().is_pending());
    assert!(!waiting.is_woken());
    inner.wake();
    assert!(waiting.is_woken());
    assert_eq!(waiting.await.unwrap().0, 200);
}
over_http!(every stack: a_wait_for_readiness_that_ends_lets_the_call_pass);
