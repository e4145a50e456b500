//! What several observers say of a thing, each on its page.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Uri;
use palisade::{Judge, Judgement};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Each second, and each result decides alone.
fn at_once<C>(check: HealthCheckBuilder<C>) -> HealthCheckBuilder<C> {
    check.interval(SECOND).jitter(0.0).healthy_threshold(1).unhealthy_threshold(1)
}

/// The page of an observer that sees the thing down when more than `number` do.
fn observer(number: usize, down: &Arc<AtomicUsize>) -> HealthService {
    let down = Arc::clone(down);
    let sees = move || ready(if down.load(Ordering::SeqCst) > number { Err(io::Error::other("down")) } else { Ok(()) });
    let sees = at_once(HealthCheck::builder("orders", sees)).build().unwrap();
    tokio::spawn(sees.run());
    Health::builder().critical(&sees).build().unwrap().service()
}

#[tokio::test(start_paused = true)]
async fn of_three_health_pages_two_decide() {
    let down = Arc::new(AtomicUsize::new(0));
    let observers = [(0, "observer-1"), (1, "observer-2"), (2, "observer-3")].map(|(number, name)| {
        let page = observer(number, &down);
        at_once(HealthCheck::http::<_, ()>(name, page, Uri::from_static("/health"))).build().unwrap()
    });
    for observer in &observers {
        run(observer).await;
    }
    let against = move || observers.iter().map(|observer| f64::from(observer.judge() == Judgement::Unhealthy)).sum();
    let orders = at_once(HealthCheck::signal("orders", against).degraded_at(1.0).unhealthy_at(2.0)).build().unwrap();
    run(&orders).await;
    for (number, verdict) in [(0, "healthy"), (1, "degraded"), (2, "unhealthy"), (3, "unhealthy"), (0, "healthy")] {
        down.store(number, Ordering::SeqCst);
        sleep(5 * SECOND).await;
        assert_eq!(orders.verdict().as_str(), verdict, "{number} see it down");
    }
}
