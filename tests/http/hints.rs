//! The pause that a service asks for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use http::{Request, Response, StatusCode};
use palisade::{Backoff, Error, TimeoutLayer};
use tokio::time::Instant;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::{
    client::{HOUR, HttpRetry, Replayed, Small, Wire, client, get, ms, on_both, retry, secs, status},
    server::{Server, empty, reply, with_header},
};

#[expect(clippy::disallowed_methods, reason = "tests measure")]
fn now() -> Instant {
    Instant::now()
}

/// How long a retried call takes, whose first answer is this one. The clock is paused.
async fn pause_after(retry: HttpRetry, status: u16, headers: &[(&'static str, &str)]) -> Duration {
    let mut first = Response::new(Small::default());
    *first.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        first.headers_mut().append(*name, value.parse().unwrap());
    }
    let calls = Arc::new(AtomicUsize::new(0));
    let service = service_fn(move |_: Request<Replayed>| {
        let answer = if calls.fetch_add(1, SeqCst) == 0 { first.clone() } else { Response::default() };
        async move { Ok::<_, Error>(answer) }
    });
    let start = now();
    let answer = ServiceBuilder::new().layer(retry.build().unwrap()).service(service).oneshot(get("/")).await.unwrap();
    assert_eq!(answer.status(), 200, "it was retried");
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_comes_as_much_later_as_was_asked_and_the_backoff_on_top() {
    for status in [429, 503] {
        let took = pause_after(retry().backoff(Backoff::constant(secs(2))), status, &[("retry-after", "7")]).await;
        assert!((secs(9)..secs(9) + ms(5)).contains(&took), "{took:?}");
        let drawn = Backoff::exponential(secs(2), secs(2));
        let took = pause_after(retry().backoff(drawn), status, &[("retry-after", "7")]).await;
        assert!((secs(7)..secs(9) + ms(5)).contains(&took), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_readable_hint_only_the_backoff_is_waited_for() {
    let retry = || retry().backoff(Backoff::constant(secs(2)));
    for unreadable in ["-5", "+5", "5.5", "5 s", "soon", "", "Sun, 99 Foo 2094 08:49:37 GMT"] {
        for status in [429, 503] {
            let took = pause_after(retry(), status, &[("retry-after", unreadable)]).await;
            assert!((secs(2)..secs(2) + ms(5)).contains(&took), "{unreadable}: {took:?}");
        }
    }
    let took = pause_after(retry(), 429, &[]).await;
    assert!((secs(2)..secs(2) + ms(5)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_date_is_waited_for_by_the_clock_of_the_server() {
    let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let asked = [
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10),
        ("Sun Nov  6 08:49:47 1994", 10),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:36 GMT", 0),
    ];
    for (until, pause) in asked {
        let took = pause_after(retry(), 503, &[date, ("retry-after", until)]).await;
        assert!((secs(pause) + ms(20)..secs(pause) + ms(25)).contains(&took), "{until}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_hints_the_longest_is_heeded() {
    let took = pause_after(retry(), 429, &[("retry-after", "3"), ("retry-after", "8"), ("retry-after", "5")]).await;
    assert!((secs(8)..secs(9)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hint_says_nothing_on_answers_that_do_not_ask_for_less() {
    for status in [408, 502, 504] {
        let took = pause_after(retry(), status, &[("retry-after", "25")]).await;
        assert!(took < secs(1), "{status}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_date_is_waited_for_by_the_clock_here_where_the_server_tells_none() {
    let took = pause_after(retry(), 503, &[("retry-after", &date_in(secs(25)))]).await;
    assert!((secs(10)..secs(26)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_deadline_does_not_leave_ends_the_call_at_once_with_the_answer() {
    let service = service_fn(|_: Request<Replayed>| async {
        let throttled = Response::builder().status(429).header("retry-after", "7").body(Small::default());
        Ok::<_, Error>(throttled.unwrap())
    });
    let start = now();
    let layers = ServiceBuilder::new().layer(TimeoutLayer::http(secs(5))).layer(retry().build().unwrap());
    let answer = layers.service(service).oneshot(get("/")).await.unwrap();
    assert_eq!((answer.status().as_u16(), start.elapsed()), (429, Duration::ZERO));
}

/// How many calls a server sees that answers the first one so, with the date of its real clock, and what the last status is.
async fn calls_after(wire: Wire, retry: HttpRetry, hint: String) -> (usize, u16) {
    let answer = move |nth| if nth == 1 { with_header(empty(429), "retry-after", &hint) } else { empty(200) };
    let server = Server::start(move |nth, _| reply(answer(nth))).await;
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
async fn a_date_that_has_passed_asks_for_no_pause() {
    on_both(async |wire| {
        for ago in [secs(2), HOUR, HOUR * 24 * 365 * 30] {
            let seen = calls_after(wire, retry().max_retry_after(Duration::ZERO), date_ago(ago)).await;
            assert_eq!(seen, (2, 200), "{ago:?} ago");
        }
    })
    .await;
}

#[tokio::test]
async fn a_pause_longer_than_may_be_waited_for_ends_the_call_with_the_answer() {
    on_both(async |wire| {
        let far = [date_in(HOUR), date_in(HOUR * 24 * 365 * 70), "31".to_owned(), u64::MAX.to_string(), "9".repeat(40)];
        for hint in far {
            assert_eq!(calls_after(wire, retry(), hint.clone()).await, (1, 429), "{hint}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_date_that_comes_soon_is_waited_for() {
    // By a second at least, for dates have no more than seconds.
    let start = now();
    assert_eq!(calls_after(Wire::Http1, retry(), date_in(secs(3))).await, (2, 200));
    assert!(start.elapsed() >= secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_hint_that_nobody_can_read_leaves_the_retry_to_the_backoff() {
    on_both(async |wire| {
        for hint in ["-5", "soon", "Sun, 99 Foo 2094 08:49:37 GMT"] {
            let seen = calls_after(wire, retry().max_retry_after(Duration::ZERO), hint.to_owned()).await;
            assert_eq!(seen, (2, 200), "{hint}");
        }
    })
    .await;
}
