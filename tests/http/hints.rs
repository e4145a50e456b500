//! The pause that a service asks for. What is read of it is claimed in `classify`.

use std::time::{Duration, SystemTime};

use http::{Request, Response};
use palisade::http::Attempt;
use palisade::{Backoff, Error, TimeoutLayer};
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::client::{HttpRetry, Replayed, Small, Wire, client, get, on_both, retry, status};
use crate::patience::{HOUR, ms, secs};
use crate::server::{Server, empty, with_header};
use crate::support::now;

type Headers<'a> = &'a [(&'static str, &'a str)];

fn answer(status: u16, headers: Headers<'_>) -> Response<Small> {
    let answer = Response::builder().status(status);
    let answer = headers.iter().fold(answer, |answer, (name, value)| answer.header(*name, *value));
    answer.body(Small::default()).unwrap()
}

/// How long a retried call takes, whose first response is this one. The clock is paused.
async fn pause_after(backoff: Backoff, status: u16, headers: Headers<'_>) -> Duration {
    let (first, start) = (answer(status, headers), now());
    let service = service_fn(move |request: Request<Replayed>| {
        let is_first = Attempt::of(&request) == Attempt(1);
        let answer = if is_first { first.clone() } else { Response::default() };
        async { Ok::<_, Error>(answer) }
    });
    let retry = retry().backoff(backoff).build().unwrap();
    let answer = ServiceBuilder::new().layer(retry).service(service).oneshot(get("/")).await.unwrap();
    assert_eq!(answer.status(), 200, "it was retried");
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_waits_as_long_as_was_asked_and_the_backoff_on_top() {
    let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let rows: [(u16, Headers<'_>, u64); 10] = [
        (429, &[("retry-after", "7")], 7),
        (503, &[("retry-after", "7")], 7),
        (429, &[("retry-after", "3"), ("retry-after", "8"), ("retry-after", "5")], 8),
        (429, &[], 0),
        (429, &[("retry-after", "soon")], 0),
        (503, &[("retry-after", "soon")], 0),
        (502, &[("retry-after", "25")], 0),
        (503, &[date, ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], 10),
        (503, &[date, ("retry-after", "Sun Nov  6 08:49:47 1994")], 10),
        (503, &[date, ("retry-after", "Sun, 06 Nov 1994 08:49:36 GMT")], 0),
    ];
    for (status, headers, pause) in rows {
        let took = pause_after(Backoff::constant(secs(2)), status, headers).await;
        let expected = secs(pause + 2);
        assert!((expected..expected + ms(5)).contains(&took), "{status} {headers:?}: {took:?}");
    }
    let drawn = pause_after(Backoff::exponential(secs(2), secs(2)), 429, &[("retry-after", "7")]).await;
    assert!((secs(7)..secs(9) + ms(5)).contains(&drawn), "{drawn:?}");
    let by_our_clock = pause_after(Backoff::none(), 503, &[("retry-after", &date_in(secs(25)))]).await;
    assert!((secs(10)..secs(26)).contains(&by_our_clock), "{by_our_clock:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_deadline_ends_the_call_at_once() {
    let service = service_fn(async |_: Request<Replayed>| Ok::<_, Error>(answer(429, &[("retry-after", "7")])));
    let start = now();
    let layers = ServiceBuilder::new().layer(TimeoutLayer::http(secs(5))).layer(retry().build().unwrap());
    let answer = layers.service(service).oneshot(get("/")).await.unwrap();
    assert_eq!((answer.status().as_u16(), start.elapsed()), (429, Duration::ZERO));
}

/// How many calls a server sees whose first response asks for this pause, and what the last status is.
async fn calls_after(wire: Wire, retry: HttpRetry, hint: String) -> (usize, u16) {
    let server = Server::once(with_header(empty(429), "retry-after", &hint)).await;
    let stack = ServiceBuilder::new().layer(retry.build().unwrap()).service(client(wire));
    let last = status(&stack, get(server.uri("/"))).await.unwrap();
    (server.calls(), last)
}

#[expect(clippy::disallowed_methods, reason = "dates are of the clock on the wall")]
fn date_in(offset: Duration) -> String {
    httpdate::fmt_http_date(SystemTime::now() + offset)
}

#[expect(clippy::disallowed_methods, reason = "dates are of the clock on the wall")]
fn date_ago(offset: Duration) -> String {
    httpdate::fmt_http_date(SystemTime::now() - offset)
}

#[tokio::test]
async fn a_pause_over_a_connection_is_heeded_or_ends_the_call() {
    on_both(async |wire| {
        for hint in [date_ago(secs(2)), date_ago(HOUR * 24 * 365 * 30), "-5".into(), "soon".into()] {
            let seen = calls_after(wire, retry().max_retry_after(Duration::ZERO), hint.clone()).await;
            assert_eq!(seen, (2, 200), "{hint} asks for no pause");
        }
        let far = [date_in(HOUR), date_in(HOUR * 24 * 365 * 70), "31".into(), "9".repeat(40)];
        for hint in far {
            assert_eq!(
                calls_after(wire, retry(), hint.clone()).await,
                (1, 429),
                "{hint} is longer than may be waited for"
            );
        }
    })
    .await;
}
