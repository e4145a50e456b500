//! A key stays for as long as a call of it is in flight, to the end of its body, and no longer.

use super::*;

/// More polls than any call here needs.
const POLLS: usize = 20;

const MILLI: Duration = Duration::from_millis(1);

type Keys = Box<dyn Fn() -> Vec<u32>>;

/// The number that a request asks for.
fn number(request: &Request<Plain>) -> u32 {
    request.uri().path()[1..].parse().unwrap()
}

async fn lacks_room(service: &Whole, key: u32) -> bool {
    reason(&service.clone().oneshot(key).await) == Some(RejectionReason::KeysFull)
}

/// There is room for one key, and room is made at once.
async fn a_key_stays_with_its_call(name: &str, build: impl Fn(Server) -> (Whole, Keys)) {
    for (at, plan) in [At::Head, At::Body].into_iter().flat_map(|at| [Ok(200), Err(Down(1))].map(|plan| (at, plan))) {
        let mut over = false;
        for polls in 0..POLLS {
            let at_fault = format!("{name}, after {polls} polls of {at:?} {plan:?}");
            let tallies = Tallies::default();
            let inner = Inner::default().answers([After(1, plan)]);
            let (service, keys) = build(Server { inner, at, tallies: tallies.clone() });
            let mut call = calls::begin(service.clone().ready().await.unwrap().call(1));
            for _ in 0..polls {
                advance(MILLI).await;
                over = over || call.poll().is_ready();
            }
            let has_ended = tallies.ended.total() > 0;
            assert_eq!(lacks_room(&service, 2).await, !has_ended, "{at_fault}");
            assert_eq!(keys(), if has_ended { [2] } else { [1] }, "{at_fault}");
            drop(call);
            advance(MILLI).await;
            assert!(!lacks_room(&service, 3).await, "{at_fault}");
            assert_eq!(keys(), [3], "{at_fault}");
            if over {
                break;
            }
        }
        assert!(over, "{name}: the call never ends");
    }
}

macro_rules! rows {
    ($($name:ident: $builder:expr;)+) => {$(
        a_key_stays_with_its_call(stringify!($name), |server| {
            let keyed = $builder.per_key(number).capacity(1).idle(Duration::ZERO);
            let layer = keyed.reject_when_full().build().unwrap();
            let keys = layer.handle();
            (Whole::of(layer.layer(server)), Box::new(move || keys.keys()))
        })
        .await;
    )+};
}

#[tokio::test(start_paused = true)]
async fn a_key_is_let_go_of_after_any_poll_of_a_dropped_call() {
    rows! {
        circuit_for_http: CircuitBreakerLayer::http("circuit");
        circuit_for_grpc: CircuitBreakerLayer::grpc("circuit");
        bulkhead: BulkheadLayer::http(1);
        bulkhead_with_queue: BulkheadLayer::http(1).max_queue(1);
    }
}
