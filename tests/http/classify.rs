//! What HTTP answers mean, and which requests may be sent again.

#![cfg(feature = "http")]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use std::{
    error, fmt,
    future::{pending, ready},
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper_util::{
    client::legacy::{self, Client},
    rt::TokioExecutor,
};
use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Classify, DefaultClassifier, Error, Outcome, RetryLayer, TimeoutLayer,
    http::{ClassifyEnd, HttpClassifier, Idempotent, not_sent},
    retry::RetryIf,
};
use tokio::{net::TcpListener, time::Instant};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::support::{Down, strict};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const RFC_850: &str = "Sunday, 06-Nov-94 08:49:37 GMT";
const ASCTIME: &str = "Sun Nov  6 08:49:37 1994";
const A_MINUTE_BEFORE: &str = "Sun, 06 Nov 1994 08:48:37 GMT";

fn answer(status: u16, headers: &[(&str, &str)]) -> Response<()> {
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        answer.headers_mut().append(name, value.parse().unwrap());
    }
    answer
}

fn by_table(status: u16, headers: &[(&str, &str)]) -> Outcome {
    HttpClassifier::new().classify(Ok(&answer(status, headers)))
}

fn classified(error: &Error) -> Outcome {
    HttpClassifier::new().classify(Err::<&Response<()>, _>(error))
}

/// What the crate reads of the headers of a 429.
fn hint(headers: &[(&str, &str)]) -> Option<Duration> {
    match by_table(429, headers) {
        Outcome::Throttled { retry_after } => retry_after,
        outcome => panic!("a 429 is {outcome:?}"),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with hints, which there may be none of")]
const fn secs(secs: u64) -> Option<Duration> {
    Some(Duration::from_secs(secs))
}

const fn throttled(retry_after: Option<Duration>) -> Outcome {
    Outcome::Throttled { retry_after }
}

fn failed(error: impl Into<BoxError>) -> Error {
    Error::from(error.into())
}

/// An error of a service's own, over another.
#[derive(Debug)]
struct Over(BoxError);

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("over")
    }
}

impl error::Error for Over {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// The error of a breaker that was forced open.
async fn rejected() -> Error {
    let breaker = CircuitBreakerLayer::consecutive(1);
    breaker.handle().force_open();
    let service = breaker.layer(service_fn(|()| ready(Ok::<_, Down>(()))));
    service.oneshot(()).await.unwrap_err()
}

async fn timed_out() -> Error {
    let service = TimeoutLayer::new(Duration::ZERO).layer(service_fn(|()| pending::<Result<(), Down>>()));
    service.oneshot(()).await.unwrap_err()
}

#[test]
fn every_status_has_the_outcome_of_the_table() {
    for status in 100..=999 {
        let expected = match status {
            408 | 502 | 503 | 504 => Outcome::Transient,
            429 => throttled(None),
            501 | 505 => Outcome::Ignored,
            500..600 => Outcome::Failed,
            _ => Outcome::Success,
        };
        assert_eq!(by_table(status, &[]), expected, "{status}");
    }
}

#[test]
fn a_pause_asked_for_throttles_at_429_and_503_only() {
    for status in 100..=999 {
        let expected = match status {
            429 | 503 => throttled(secs(7)),
            _ => by_table(status, &[]),
        };
        assert_eq!(by_table(status, &[("retry-after", "7")]), expected, "{status}");
    }
}

#[test]
fn a_503_with_an_unreadable_pause_is_one_without() {
    assert_eq!(by_table(503, &[("retry-after", "soon")]), Outcome::Transient);
    assert_eq!(by_table(503, &[("retry-after", "0")]), throttled(secs(0)));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_services_own_is_transient_and_so_is_a_timeout() {
    for error in [failed(Down(1)), timed_out().await] {
        assert_eq!(classified(&error), Outcome::Transient, "{error}");
    }
}

#[test]
fn an_override_goes_before_the_table_and_leaves_the_rest_to_it() {
    let classifier = HttpClassifier::new().overrides(|status| match status.as_u16() {
        404 => Some(Outcome::Transient),
        500 | 503 => Some(Outcome::Success),
        _ => None,
    });
    for status in 100..=999 {
        let expected = match status {
            404 => Outcome::Transient,
            500 | 503 => Outcome::Success,
            _ => by_table(status, &[("retry-after", "7")]),
        };
        assert_eq!(classifier.classify(Ok(&answer(status, &[("retry-after", "7")]))), expected, "{status}");
    }
}

#[test]
fn an_override_that_throttles_without_a_pause_takes_the_pause_of_the_answer() {
    let hinted = answer(403, &[("retry-after", "7")]);
    let without = HttpClassifier::new().overrides(|_| Some(throttled(None)));
    assert_eq!(without.classify(Ok(&hinted)), throttled(secs(7)));
    assert_eq!(without.classify(Ok(&answer(403, &[]))), throttled(None));
    let with = HttpClassifier::new().overrides(|_| Some(throttled(secs(1))));
    assert_eq!(with.classify(Ok(&hinted)), throttled(secs(1)));
}

#[test]
fn a_classifier_that_goes_by_the_table_takes_no_room() {
    assert_eq!(size_of::<HttpClassifier>(), 0);
    let copied: fn(&HttpClassifier) -> HttpClassifier = |classifier| *classifier;
    assert_eq!(copied(&HttpClassifier::new()).classify(Ok(&answer(500, &[]))), Outcome::Failed);
}

/// Compiles for whatever a layer may hold that looks at the end of bodies.
fn at_end<R>(classifier: &impl ClassifyEnd<R>, head: &R) -> (bool, Outcome) {
    (classifier.waits_for_end(head), classifier.classify_end(Some(&HeaderMap::new())))
}

#[test]
fn a_body_that_ends_well_leaves_a_head_that_was_a_success_a_success() {
    let (head, said) = (answer(200, &[]), (true, Outcome::Success));
    assert_eq!(at_end(&HttpClassifier::new(), &head), said);
    assert_eq!(at_end(&HttpClassifier::new().overrides(|_| Some(Outcome::Failed)), &head), said);
    assert_eq!(at_end(&DefaultClassifier, &head), said);
    assert_eq!(at_end(&|_: Result<&Response<()>, &Error>| Outcome::Failed, &head), said);
    let status = 503;
    let captures = move |result: Result<&Response<()>, &Error>| match result {
        Ok(head) if head.status() == status => Outcome::Failed,
        _ => Outcome::Success,
    };
    assert_eq!(at_end(&captures, &head), said);
}

#[test]
fn a_pause_in_seconds_is_digits_and_nothing_else() {
    for (value, pause) in [
        ("0", secs(0)),
        ("1", secs(1)),
        ("007", secs(7)),
        ("120", secs(120)),
        ("18446744073709551615", secs(u64::MAX)),
        ("18446744073709551616", secs(u64::MAX)),
        ("99999999999999999999999999999999999999999999", secs(u64::MAX)),
        ("", None),
        ("+5", None),
        ("-1", None),
        ("-0", None),
        ("1.5", None),
        ("1,5", None),
        ("5s", None),
        ("0x10", None),
        ("1e3", None),
        ("5 5", None),
        ("\u{665}", None),
        ("soon", None),
    ] {
        assert_eq!(hint(&[("retry-after", value)]), pause, "{value:?}");
    }
}

#[test]
fn a_date_in_each_of_the_three_forms_is_measured_from_the_date_of_the_answer() {
    for date in [DATE, RFC_850, ASCTIME] {
        assert_eq!(hint(&[("retry-after", date), ("date", A_MINUTE_BEFORE)]), secs(60), "{date}");
        assert_eq!(hint(&[("retry-after", A_MINUTE_BEFORE), ("date", date)]), secs(0), "{date}");
        assert_eq!(hint(&[("retry-after", date), ("date", date)]), secs(0), "{date}");
    }
}

#[test]
fn a_date_far_in_the_future_is_a_long_pause() {
    let end = "Fri, 31 Dec 9999 23:59:59 GMT";
    let pause = hint(&[("retry-after", end), ("date", "Thu, 01 Jan 1970 00:00:00 GMT")]);
    assert_eq!(pause, secs(253_402_300_799));
}

#[test]
fn a_date_that_is_malformed_is_no_hint() {
    for date in [
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37",
        "1994-11-06T08:49:37Z",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        "tomorrow",
    ] {
        assert_eq!(hint(&[("retry-after", date), ("date", A_MINUTE_BEFORE)]), None, "{date}");
    }
}

#[expect(clippy::disallowed_methods, reason = "there is no other clock to compare the date with")]
#[test]
fn a_date_without_a_readable_date_of_the_answer_is_measured_on_the_wall_clock() {
    assert_eq!(hint(&[("retry-after", DATE)]), secs(0));
    let hour = Duration::from_secs(3600);
    let end = httpdate::fmt_http_date(SystemTime::now() + hour);
    for headers in [&[("retry-after", &*end)][..], &[("retry-after", &*end), ("date", "now")]] {
        let pause = hint(headers).unwrap();
        assert!(pause <= hour && pause > hour / 2, "{pause:?}");
    }
}

#[test]
fn of_several_pauses_the_longest_that_is_readable_is_kept_to() {
    assert_eq!(hint(&[("retry-after", "5"), ("retry-after", "9"), ("retry-after", "7")]), secs(9));
    assert_eq!(hint(&[("retry-after", "soon"), ("retry-after", "5")]), secs(5));
    assert_eq!(hint(&[("retry-after", "5"), ("retry-after", DATE), ("date", A_MINUTE_BEFORE)]), secs(60));
}

#[test]
fn a_header_that_is_not_text_is_no_hint() {
    let mut answer = answer(429, &[]);
    answer.headers_mut().insert("retry-after", http::HeaderValue::from_bytes(b"\xff5").unwrap());
    assert_eq!(HttpClassifier::new().classify(Ok(&answer)), throttled(None));
}

fn request(method: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

fn allows(kept: &Request<()>, result: Result<&Response<()>, &Error>) -> bool {
    Idempotent::new().allows(kept, result)
}

const POST: &str = "POST";

#[tokio::test(start_paused = true)]
async fn an_idempotent_method_is_retried_whatever_the_failure() {
    let down = answer(503, &[]);
    let errors = [failed(Down(1)), timed_out().await, rejected().await];
    for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
        let kept = request(method, &[]);
        assert!(allows(&kept, Ok(&down)), "{method}");
        assert!(errors.iter().all(|error| allows(&kept, Err(error))), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_method_is_not_retried_when_it_may_have_been_sent() {
    let down = answer(503, &[]);
    let errors = [failed(Down(1)), timed_out().await];
    for method in [POST, "PATCH", "CONNECT", "PURGE", "get"] {
        let kept = request(method, &[]);
        assert!(!allows(&kept, Ok(&down)), "{method}");
        assert!(!errors.iter().any(|error| allows(&kept, Err(error))), "{method}");
    }
}

#[test]
fn an_idempotency_key_allows_a_retry_unless_it_is_empty() {
    let down = answer(503, &[]);
    for (key, allowed) in [("k", true), ("\"8e03978e\"", true), ("", false)] {
        assert_eq!(allows(&request(POST, &[("Idempotency-Key", key)]), Ok(&down)), allowed, "{key:?}");
    }
    assert!(allows(&request("PATCH", &[("idempotency-key", ""), ("idempotency-key", "k")]), Ok(&down)));
}

#[tokio::test(start_paused = true)]
async fn what_was_rejected_was_not_sent_and_what_timed_out_may_have_been() {
    assert!(not_sent(&rejected().await));
    assert!(allows(&request(POST, &[]), Err(&rejected().await)));
    assert!(!not_sent(&timed_out().await));
}

const NOT_SENT: [ErrorKind; 3] =
    [ErrorKind::ConnectionRefused, ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable];

#[test]
fn the_kind_of_an_io_error_says_whether_it_was_sent() {
    for kind in NOT_SENT {
        assert!(not_sent(&failed(io::Error::from(kind))), "{kind}");
        assert!(allows(&request(POST, &[]), Err(&failed(io::Error::from(kind)))), "{kind}");
    }
    for kind in [
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::TimedOut,
        ErrorKind::UnexpectedEof,
        ErrorKind::NotConnected,
        ErrorKind::Other,
    ] {
        assert!(!not_sent(&failed(io::Error::from(kind))), "{kind}");
    }
}

#[test]
fn an_io_error_is_found_however_deep_it_lies() {
    for kind in NOT_SENT {
        let refused = || io::Error::from(kind);
        assert!(not_sent(&failed(Over(Over(refused().into()).into()))), "under two errors: {kind}");
        assert!(not_sent(&failed(io::Error::other(refused()))), "in an I/O error: {kind}");
        let twice = io::Error::other(io::Error::new(ErrorKind::TimedOut, refused()));
        assert!(not_sent(&failed(twice)), "in two I/O errors: {kind}");
        let mixed = io::Error::other(Over(io::Error::other(Over(refused().into())).into()));
        assert!(not_sent(&failed(Over(mixed.into()))), "in and under: {kind}");
        assert!(not_sent(&failed(io::Error::new(kind, "no route"))), "with a text: {kind}");
    }
    assert!(!not_sent(&failed(Over(io::Error::other(Over(Down(1).into())).into()))));
}

#[test]
fn a_function_of_the_users_own_may_say_that_nothing_was_sent() {
    let rule = Idempotent::new().not_sent(|error| error.downcast_ref::<Down>() == Some(&Down(1)));
    let nothing: Result<&Response<()>, _> = Err(&failed(Down(1)));
    assert!(rule.allows(&request(POST, &[]), nothing));
    assert!(!allows(&request(POST, &[]), nothing));
    let something: Result<&Response<()>, _> = Err(&failed(Down(2)));
    assert!(!rule.allows(&request(POST, &[]), something));
    let refused: Result<&Response<()>, _> = Err(&failed(io::Error::from(ErrorKind::ConnectionRefused)));
    assert!(rule.allows(&request(POST, &[]), refused), "the crate still tells what it can");
}

/// An address on which nobody listens.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}

fn to(addr: impl fmt::Display) -> Request<Empty<Bytes>> {
    Request::post(format!("http://{addr}/")).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn a_connection_refused_to_hyper_was_not_sent() {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let error = failed(client.request(to(nobody().await)).await.unwrap_err());
    assert!(error.downcast_ref::<legacy::Error>().unwrap().is_connect());
    assert!(not_sent(&error));
}

#[cfg(feature = "hyper-util")]
#[tokio::test]
async fn what_hypers_client_could_not_connect_for_was_not_sent_whatever_the_cause() {
    let connector = service_fn(|_| ready(Err::<hyper_util::rt::TokioIo<tokio::net::TcpStream>, _>(Down(1))));
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let error = client.request(to("upstream.invalid")).await.unwrap_err();
    assert!(not_sent(&failed(Over(error.into()))));
}

#[cfg(feature = "hyper-util")]
#[tokio::test]
async fn a_refusal_inside_the_requests_own_body_was_sent_and_says_nothing_of_the_service() {
    use http_body::Frame;
    use http_body_util::StreamBody;

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let body = StreamBody::new(futures_util::stream::iter([
        Ok(Frame::data(Bytes::from_static(b"half"))),
        Err(io::Error::from(ErrorKind::ConnectionRefused)),
    ]));
    let client: Client<_, _> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::post(format!("http://{}/", listener.local_addr().unwrap())).body(body).unwrap();
    let error = client.request(request).await.unwrap_err();
    assert!(!error.is_connect());
    let error = failed(Over(error.into()));
    assert!(!not_sent(&error));
    assert_eq!(classified(&error), Outcome::Ignored);
}

fn reqwest_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

#[tokio::test]
async fn a_connection_refused_to_reqwest_was_not_sent() {
    let client = reqwest_client().build().unwrap();
    let error = client.post(format!("http://{}/", nobody().await)).send().await.unwrap_err();
    assert!(error.is_connect());
    let error = failed(error);
    assert!(not_sent(&error));
    assert_eq!(classified(&error), Outcome::Transient);
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn what_reqwest_cannot_send_says_nothing_of_the_service() {
    let error = reqwest_client().build().unwrap().get("ftp://files.invalid/").send().await.unwrap_err();
    assert_eq!(classified(&failed(Over(error.into()))), Outcome::Ignored);
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn what_reqwest_could_not_connect_for_was_not_sent_whatever_the_cause() {
    use std::sync::Arc;

    use reqwest::dns::{Name, Resolve, Resolving};

    struct Nowhere;

    impl Resolve for Nowhere {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(ready(Err(Down(1).into())))
        }
    }

    let client = reqwest_client().dns_resolver(Arc::new(Nowhere)).build().unwrap();
    let error = client.post("http://upstream.invalid/").send().await.unwrap_err();
    assert!(not_sent(&failed(Over(error.into()))));
}

#[tokio::test]
async fn a_connection_that_the_server_closed_after_the_request_was_sent() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        tokio::io::AsyncReadExt::read(&mut socket, &mut [0; 1024]).await.unwrap()
    };
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let (read, answered) = tokio::join!(server, client.request(to(addr)));
    assert!(read > 0);
    let error = failed(answered.unwrap_err());
    assert!(!not_sent(&error));
    assert_eq!(classified(&error), Outcome::Transient);
}

/// How many attempts a stack makes for this request, of a service that always answers so.
async fn attempts(kept: Request<()>, status: u16, headers: &'static [(&'static str, &'static str)]) -> usize {
    let retry = RetryLayer::builder("upstream").classify(HttpClassifier::new()).retry_if(Idempotent::new());
    let service = strict(move |_| ready(Ok::<_, Down>(answer(status, headers))));
    let calls = service.calls();
    let answered = retry.build().unwrap().layer(service).oneshot(kept).await;
    assert_eq!(answered.unwrap().status(), status);
    calls.count()
}

#[tokio::test(start_paused = true)]
async fn a_get_that_failed_is_retried_and_a_post_is_not() {
    assert_eq!(attempts(request("GET", &[]), 503, &[]).await, 3);
    assert_eq!(attempts(request(POST, &[]), 503, &[]).await, 1);
    assert_eq!(attempts(request(POST, &[("idempotency-key", "k")]), 503, &[]).await, 3);
    assert_eq!(attempts(request("GET", &[]), 500, &[]).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_as_long_as_the_answer_asks() {
    let start = now();
    assert_eq!(attempts(request("GET", &[]), 429, &[("retry-after", "10")]).await, 3);
    assert!(start.elapsed() >= Duration::from_secs(20));
    assert_eq!(attempts(request("GET", &[]), 429, &[("retry-after", "31")]).await, 1, "longer than `max_retry_after`");
}

#[tokio::test(start_paused = true)]
async fn a_post_that_a_bulkhead_rejected_is_retried_where_that_is_asked_for() {
    let rule = Idempotent::new();
    let retry = RetryLayer::builder("upstream").classify(HttpClassifier::new()).retry_if(rule).retry_rejected();
    let bulkhead = BulkheadLayer::new(1);
    let service = strict(|_| ready(Ok::<_, Down>(answer(200, &[]))));
    let calls = service.calls();
    let held = bulkhead.layer(service_fn(|()| pending::<Result<(), Down>>())).oneshot(());
    let mut held = Box::pin(held);
    assert!(futures_util::poll!(&mut held).is_pending());
    let call = retry.build().unwrap().layer(bulkhead.layer(service)).oneshot(request(POST, &[]));
    let mut call = Box::pin(call);
    assert!(futures_util::poll!(&mut call).is_pending(), "it waits for its second attempt");
    drop(held);
    assert_eq!(call.await.unwrap().status(), 200);
    assert_eq!(calls.count(), 1);
}

#[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
fn now() -> Instant {
    Instant::now()
}
