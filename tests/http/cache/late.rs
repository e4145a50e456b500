//! Callers who have waited for a response that is another's alone.

use palisade::Deadline;
use tokio_test::task::spawn;

use super::*;

/// Law 12: nothing is sent whose time is over.
#[tokio::test(start_paused = true)]
async fn who_waited_past_its_deadline_makes_no_call_of_its_own() {
    let origin = Origin::says(&[("cache-control", "private")]);
    let sent = Origin::clone(&origin);
    let inner = service_fn(move |request: Request<Body>| {
        let response = sent.respond(&request);
        async move {
            tokio::time::sleep(2 * SECOND).await;
            Ok::<_, Error>(response)
        }
    });
    let service = builder().build().unwrap().layer(inner);
    let ask = || service.clone().oneshot(request("GET", "/", &[]));
    let mut first = spawn(ask());
    let mut late = spawn(Deadline::after(SECOND).scope(ask()));
    let mut early = spawn(Deadline::after(3 * SECOND).scope(ask()));
    assert!(first.poll().is_pending() && late.poll().is_pending() && early.poll().is_pending());
    advance(2 * SECOND).await;
    assert!(first.await.is_ok());
    let error = late.await.unwrap_err();
    assert!(error.elapsed().is_some_and(|elapsed| !elapsed.was_sent()), "{error:?}");
    assert_eq!(origin.calls(), 1);
    assert!(early.poll().is_pending());
    assert_eq!(origin.calls(), 2, "who has time makes its own call");
}
