//! A server that gets half as many calls again as it can answer, and whose refusals cost it nearly as much as answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use palisade::CircuitBreakerLayer;
use tokio::time::sleep_until;
use tower::util::BoxCloneSyncService;

use super::*;

/// A server of 200 calls a second.
const ANSWERS: Duration = Duration::from_millis(5);
/// What it costs to refuse one.
const REFUSES: Duration = Duration::from_micros(3_300);
const SECONDS: u32 = 100;
const RATE: u32 = 300;

/// One worker takes the calls in turn, and refuses those that find half a second of work before them.
fn server() -> impl Service<u32, Response = u32, Error = Error, Future: Send> + Clone + Send + Sync + 'static {
    let free_at = Arc::new(Mutex::new(now()));
    let work = service_fn(move |request: u32| {
        let mut free_at = free_at.lock().expect("no call panics");
        let begins = (*free_at).max(now());
        let is_refused = begins - now() > SECOND / 2;
        *free_at = begins + if is_refused { REFUSES } else { ANSWERS };
        let ends = *free_at;
        async move {
            sleep_until(ends).await;
            if is_refused { Err(Down(503)) } else { Ok(request) }
        }
    });
    TimeoutLayer::new(SECOND).layer(work)
}

/// How many percent of the calls are answered.
async fn answered<L>(layer: &L) -> u64
where
    L: Layer<BoxCloneSyncService<u32, u32, Error>>,
    L::Service: Service<u32, Response = u32, Error = Error, Future: Send> + Clone + Send + Sync + 'static,
{
    let service = layer.layer(BoxCloneSyncService::new(server()));
    let (began, answered) = (now(), Arc::new(AtomicU64::new(0)));
    for call in 0..SECONDS * RATE {
        sleep_until(began + SECOND * call / RATE).await;
        let (service, answered) = (service.clone(), Arc::clone(&answered));
        tokio::spawn(async move {
            let is_answered = service.oneshot(call).await.is_ok();
            answered.fetch_add(is_answered.into(), Ordering::Relaxed);
        });
    }
    sleep(2 * SECOND).await;
    answered.load(Ordering::Relaxed) * 100 / u64::from(SECONDS * RATE)
}

/// It can answer 66 %.
#[tokio::test(start_paused = true)]
async fn a_throttle_lets_an_overloaded_server_answer_what_it_can() {
    let breaker = || CircuitBreakerLayer::builder("search").seed(1).build().unwrap();
    let throttle = || ThrottleLayer::builder("search").k(1.1).seed(1).build().unwrap();
    let bare = answered(&tower::layer::util::Identity::new()).await;
    let with_breaker = answered(&breaker()).await;
    let with_throttle = answered(&throttle()).await;
    let with_both = answered(&ServiceBuilder::new().layer(breaker()).layer(throttle()).into_inner()).await;
    assert!(bare <= 4, "{bare} %");
    assert!(with_throttle >= 60 && with_both >= 60, "{with_throttle} %, with a breaker around it {with_both} %");
    assert!(with_breaker < 50, "{with_breaker} %");
}
