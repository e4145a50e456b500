//! How long each call takes, and how many are in flight.

use super::*;

fn slow(duration: Duration) -> impl Service<u32, Response = u32, Error = Down, Future: Send> + Clone {
    strict(move |request| async move {
        sleep(duration).await;
        Ok(request)
    })
}

#[tokio::test(start_paused = true)]
async fn a_call_takes_from_its_call_to_its_response() {
    let layer = layer();
    let mut service = layer.layer(slow(20 * MILLI));
    let mut slow = call(&mut service, 1);
    advance(30 * MILLI).await;
    assert!(slow.poll().is_pending());
    advance(20 * MILLI).await;
    assert!(slow.poll().is_ready());
    let measured = layer.handle().of(Ended::Success);
    assert_eq!((measured.count(), measured.sum(), measured.mean()), (1, 50 * MILLI, Some(50 * MILLI)));
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_call_takes_until_it_is_dropped() {
    let layer = layer();
    let call = begin(&mut layer.layer(hung()), 1);
    advance(SECOND).await;
    drop(call);
    assert_eq!(layer.handle().of(Ended::Abandoned).sum(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_quantile_is_of_the_calls_that_ended_so() {
    let layer = layer();
    for milli in 1..=100 {
        layer.layer(slow(milli * MILLI)).oneshot(1).await.unwrap();
    }
    layer.layer(coded(&[5])).oneshot(1).await.ok();
    let measure = layer.handle();
    let p95 = measure.of(Ended::Success).quantile(0.95).unwrap();
    assert!((95 * MILLI..=100 * MILLI).contains(&p95), "{p95:?}");
    assert_eq!(measure.of(Ended::Failure).quantile(0.95), Some(Duration::from_nanos(1024)), "the failure was short");
}

#[tokio::test(start_paused = true)]
async fn calls_are_in_flight_until_they_have_ended() {
    let layer = layer();
    let measure = layer.handle();
    let (first, second) = (begin(&mut layer.layer(hung()), 1), call(&mut layer.layer(hung()), 2));
    assert_eq!(measure.in_flight(), 2);
    drop(first);
    assert_eq!(measure.in_flight(), 1);
    drop(second);
    layer.layer(up()).oneshot(1).await.unwrap();
    assert_eq!(measure.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_and_its_clone_share_their_counts() {
    let layer = layer();
    for service in [layer.layer(up()), layer.clone().layer(up()), layer.layer(up()).clone()] {
        service.oneshot(1).await.unwrap();
    }
    assert_eq!(layer.handle().all().count(), 3);
    assert_eq!(super::layer().handle().all().count(), 0, "another layer of the same name");
}

/// A paused clock that was advanced is ahead of the machine's, which is read outside of the runtime.
#[test]
fn a_call_takes_no_time_by_a_clock_that_jumps_back() {
    let measure = layer().handle();
    let call = paused(async {
        advance(3600 * SECOND).await;
        measure.begin()
    });
    call.settle(Outcome::Success);
    assert_eq!((measure.all().count(), measure.all().sum()), (1, Duration::ZERO));
}
