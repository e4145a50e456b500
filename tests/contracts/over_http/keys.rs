//! A key stays for as long as a call of it is in flight, to the end of its body, and no longer.

use std::time::Duration;

use http::Request;
use palisade::{BulkheadLayer, CircuitBreakerLayer, Error, Rejection, RejectionReason};
use tokio::time::advance;
use tower::{Layer, ServiceExt};

use super::{
    calls::Streamed,
    server::At,
    stacks::{Http, Plain, boxed, server},
};
use crate::{
    inner::{
        Answer::{self, After},
        Inner,
    },
    remains::Tallies,
    support::Down,
};

/// More polls than any call here needs.
const POLLS: usize = 20;

const PLANS: [(At, Answer); 4] = [
    (At::Head, After(1, Ok(200))),
    (At::Head, After(1, Err(Down(1)))),
    (At::Body, After(1, Ok(200))),
    (At::Body, After(1, Err(Down(1)))),
];

fn port<B>(request: &Request<B>) -> u16 {
    request.uri().port_u16().expect("the test says a port")
}

fn to(port: u16) -> Request<Plain> {
    Request::get(format!("http://localhost:{port}/")).body(Plain::default()).expect("all of it is legal")
}

/// Says whether there is no room for the key of this call.
async fn lacks_room<S: Http>(service: &S, port: u16) -> bool {
    let result: Result<_, Error> = service.clone().oneshot(to(port)).await;
    result.is_err_and(|error| error.rejection().map(Rejection::reason) == Some(RejectionReason::KeysFull))
}

/// Room for one key, and it makes room at once: `keys` are those there are.
async fn a_key_is_let_go_of_after_any_poll_that_its_call_is_dropped_after<S: Http>(
    build: impl Fn(Inner, At) -> (S, Box<dyn Fn() -> Vec<u16>>),
) {
    for (at, plan) in PLANS {
        let mut over = false;
        for polls in 0..POLLS {
            let (service, keys) = build(Inner::default().answers([plan]), at);
            let mut call = Streamed::<S>::of(service.clone().ready().await.unwrap().call(to(1)));
            for _ in 0..polls {
                advance(Duration::from_millis(1)).await;
                over = call.poll();
            }
            assert_eq!(lacks_room(&service, 2).await, !call.is_done(), "after {polls} polls of {at:?} {plan:?}");
            assert_eq!(keys(), if call.is_done() { [2] } else { [1] });
            drop(call);
            advance(Duration::from_millis(1)).await;
            assert!(!lacks_room(&service, 3).await, "after {polls} polls of {at:?} {plan:?}");
            assert_eq!(keys(), [3]);
            if over {
                break;
            }
        }
        assert!(over, "the call never ends");
    }
}

macro_rules! of_one_key {
    ($($name:ident: $builder:expr;)+) => {
        mod a_key_is_let_go_of_after_any_poll_that_its_call_is_dropped_after {
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    super::a_key_is_let_go_of_after_any_poll_that_its_call_is_dropped_after(|inner, at| {
                        let keyed = $builder.per_key(port::<Plain>).capacity(1).idle(Duration::ZERO);
                        let layer = keyed.reject_when_full().build().unwrap();
                        let keys = layer.handle();
                        let service = layer.layer(server(inner, at, &Tallies::default())).map_response(boxed);
                        (service, Box::new(move || keys.keys()) as Box<dyn Fn() -> Vec<u16>>)
                    })
                    .await;
                }
            )+
        }
    };
}

of_one_key! {
    circuit_for_http: CircuitBreakerLayer::http("circuit");
    circuit_for_grpc: CircuitBreakerLayer::grpc("circuit");
    bulkhead: BulkheadLayer::http(1);
    bulkhead_with_queue: BulkheadLayer::http(1).max_queue(1);
}
