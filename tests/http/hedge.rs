//! A hedge of HTTP requests: which it sends a second time, and with which bodies.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full};
use palisade::http::{Attempt, ReplayBody};
use palisade::{Backoff, BulkheadLayer, Error, HedgeLayer, RetryLayer};
use tokio::time::{advance, sleep};
use tokio_test::{assert_pending, task};
use tower::{BoxError, Layer, ServiceExt, service_fn};

use crate::support::now;

const MILLI: Duration = Duration::from_millis(1);

type Whole = Full<Bytes>;
type Seen = Arc<Mutex<Vec<(Attempt, Bytes)>>>;

fn layer<B>() -> HedgeLayer<
    palisade::hedge::Rules<palisade::http::HttpClassifier, palisade::http::Resend<B, ()>, palisade::http::Idempotent>,
> {
    HedgeLayer::http("search").after(10 * MILLI).build().unwrap()
}

/// Sends a request to a service whose first attempt never ends: the attempts that the service saw, with their bodies.
async fn seen(request: Request<Whole>) -> Vec<(Attempt, Bytes)> {
    let seen = Seen::default();
    let service = service_fn(|request: Request<ReplayBody<Whole>>| {
        let seen = Arc::clone(&seen);
        async move {
            let attempt = Attempt::of(&request);
            let body = request.into_body().collect().await?.to_bytes();
            seen.lock().unwrap().push((attempt, body));
            if attempt == Attempt(1) {
                sleep(50 * MILLI).await;
            }
            Ok::<_, BoxError>(Response::new(Whole::default()))
        }
    });
    layer().layer(service).oneshot(request).await.unwrap();
    Arc::into_inner(seen).unwrap().into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_requests_that_may_arrive_twice_are_hedged() {
    for (method, is_hedged) in [
        (Method::GET, true),
        (Method::HEAD, true),
        (Method::PUT, true),
        (Method::DELETE, true),
        (Method::OPTIONS, true),
        (Method::POST, false),
        (Method::PATCH, false),
    ] {
        let request = || Request::builder().method(&method).body(Whole::from("data")).unwrap();
        assert_eq!(seen(request()).await.len(), 1 + usize::from(is_hedged), "{method}");
        let mut keyed = request();
        keyed.headers_mut().insert("idempotency-key", "7".parse().unwrap());
        assert_eq!(seen(keyed).await.len(), 2, "{method} with a key");
    }
}

#[tokio::test(start_paused = true)]
async fn both_attempts_have_the_whole_body_and_the_second_its_number() {
    let body = Bytes::from(vec![7; 64 * 1024]);
    let sent = seen(Request::put("/").body(Whole::from(body.clone())).unwrap()).await;
    assert_eq!(sent, [(Attempt(1), body.clone()), (Attempt(2), body)]);
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_sent_once() {
    let body = Bytes::from(vec![7; 64 * 1024 + 1]);
    let sent = seen(Request::put("/").body(Whole::from(body.clone())).unwrap()).await;
    assert_eq!(sent, [(Attempt(1), body)]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_by_status_starts_the_next_at_once() {
    let statuses = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK];
    let (next, start) = (AtomicUsize::new(0), now());
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let mut response = Response::new(Whole::from("body"));
        *response.status_mut() = statuses[next.fetch_add(1, Ordering::SeqCst)];
        async { Ok::<_, BoxError>(response) }
    });
    let response = layer().layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!((response.status(), now() - start), (StatusCode::OK, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_comes_with_its_body() {
    let next = AtomicUsize::new(0);
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let text = ["first", "last"][next.fetch_add(1, Ordering::SeqCst)];
        async move { Ok::<_, BoxError>(Response::builder().status(503).body(Whole::from(text))?) }
    });
    let response = layer().layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.into_body().collect().await.unwrap().to_bytes()),
        (503, "last".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_gives_back_its_place_below_before_the_hedge_needs_it() {
    let statuses = [503, 200];
    let sent = AtomicUsize::new(0);
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let status = statuses[sent.fetch_add(1, Ordering::SeqCst)];
        async move { Ok::<_, BoxError>(Response::builder().status(status).body(Whole::from("body"))?) }
    });
    let one = BulkheadLayer::http(1).build().unwrap();
    let response = (layer(), one).layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_failure_with_which_the_call_ends_streams_on_however_large_it_is() {
    let large = Bytes::from(vec![7; 1024 * 1024]);
    for (hedges, failures) in [(0, 1), (1, 2)] {
        let sent = AtomicUsize::new(0);
        let service = service_fn(|_: Request<ReplayBody<Whole>>| {
            sent.fetch_add(1, Ordering::SeqCst);
            let response = Response::builder().status(503).body(Whole::from(large.clone()));
            async move { Ok::<_, BoxError>(response?) }
        });
        let hedge = HedgeLayer::http("search").after(10 * MILLI).max_hedges(hedges).build().unwrap();
        let response = hedge.layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
        assert_eq!(sent.load(Ordering::SeqCst), failures);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), large);
    }
}

/// A service that reads the body as it comes, and then waits: how much each attempt has read, and whether one failed.
#[tokio::test(start_paused = true)]
async fn a_body_that_streams_is_sent_again_only_once_it_was_read_to_its_end() {
    for is_over in [false, true] {
        let (mut sender, body) = Channel::<Bytes, Error>::new(8);
        let read = Arc::new(Mutex::new(Vec::<String>::new()));
        let noted = Arc::clone(&read);
        let service = service_fn(move |request: Request<ReplayBody<Channel<Bytes, Error>>>| {
            let (noted, mut body) = (Arc::clone(&noted), request.into_body());
            let number = noted.lock().unwrap().len();
            noted.lock().unwrap().push(String::new());
            async move {
                while let Some(frame) = body.frame().await {
                    let data = frame?.into_data().unwrap();
                    noted.lock().unwrap()[number].push_str(std::str::from_utf8(&data).unwrap());
                }
                pending::<Result<Response<Whole>, BoxError>>().await
            }
        });
        let mut call = task::spawn(layer().layer(service).oneshot(Request::put("/").body(body).unwrap()));
        sender.send_data("be".into()).await.unwrap();
        assert_pending!(call.poll());
        if is_over {
            sender.send_data("gun".into()).await.unwrap();
            drop(sender);
            assert_pending!(call.poll());
            advance(10 * MILLI).await;
            assert_pending!(call.poll());
            assert_eq!(*read.lock().unwrap(), ["begun", "begun"]);
        } else {
            advance(10 * MILLI).await;
            assert_pending!(call.poll());
            sender.send_data("gun".into()).await.unwrap();
            drop(sender);
            assert_pending!(call.poll());
            assert_eq!(*read.lock().unwrap(), ["begun"], "the first attempt goes on unharmed");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn inside_a_retry_the_number_is_that_of_the_retry_unless_it_is_a_hedge() {
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&numbers);
    let service = service_fn(move |request: Request<ReplayBody<ReplayBody<Whole>>>| {
        let Attempt(number) = Attempt::of(&request);
        let sent = noted.lock().unwrap().len();
        noted.lock().unwrap().push(number);
        async move {
            // Both attempts of the first call fail, and the first of the second is slow.
            match sent {
                0 | 1 => Ok::<_, BoxError>(Response::builder().status(503).body(Whole::default())?),
                2 => pending().await,
                _ => Ok(Response::new(Whole::default())),
            }
        }
    });
    let retry = RetryLayer::http::<ReplayBody<Whole>>("search").backoff(Backoff::none()).build().unwrap();
    let response = (retry, layer()).layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!((response.status(), &*numbers.lock().unwrap()), (StatusCode::OK, &vec![1, 2, 2, 2]));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_request_holds_for_hedges() {
    let sent = AtomicUsize::new(0);
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        sent.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, BoxError>(pending::<Response<Whole>>().await) }
    });
    let mut request = Request::new(Whole::default());
    request.extensions_mut().insert(palisade::Deadline::after(10 * MILLI));
    let mut call = task::spawn(layer().layer(service).oneshot(request));
    assert_pending!(call.poll());
    advance(10 * MILLI).await;
    assert_pending!(call.poll());
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_whose_body_stalls_does_not_keep_its_own_hedge_waiting() {
    let sent = AtomicUsize::new(0);
    let (_stalls, body) = Channel::<Bytes, Error>::new(1);
    let body = Mutex::new(Some(body));
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let first = body.lock().unwrap().take();
        sent.fetch_add(1, Ordering::SeqCst);
        async move {
            Ok::<_, BoxError>(match first {
                Some(body) => Response::builder().status(503).body(body.boxed())?,
                None => Response::new(Whole::from("good").map_err(|never| match never {}).boxed()),
            })
        }
    });
    let queue = BulkheadLayer::http(1).max_wait(Duration::from_secs(1_000)).build().unwrap();
    let start = now();
    let response = (layer(), queue).layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!((response.status(), now() - start), (StatusCode::OK, 50 * MILLI));
}

/// Sends a request whose body comes in frames, to a service that reads it and then hangs: how many bytes each attempt has read, and
/// the error of the call, if it ends.
async fn read(parts: &[usize], end: End) -> (Vec<usize>, Option<String>) {
    let (mut sender, body) = Channel::<Bytes, Error>::new(8);
    let read = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&read);
    let service = service_fn(move |request: Request<ReplayBody<Channel<Bytes, Error>>>| {
        let noted = Arc::clone(&noted);
        async move {
            let number = {
                let mut noted = noted.lock().unwrap();
                noted.push(0);
                noted.len() - 1
            };
            let mut body = request.into_body();
            while let Some(frame) = body.frame().await {
                noted.lock().unwrap()[number] += frame?.data_ref().map_or(0, Bytes::len);
            }
            pending::<Result<Response<Whole>, BoxError>>().await
        }
    });
    for part in parts {
        sender.send_data(vec![7; *part].into()).await.unwrap();
    }
    match end {
        End::Whole => drop(sender),
        End::Trailers => {
            sender.send_trailers(http::HeaderMap::from_iter([(http::header::AGE, 7.into())])).await.unwrap()
        }
        End::Broken => sender.abort(Error::from(BoxError::from("it broke"))),
    }
    let mut call = task::spawn(layer().layer(service).oneshot(Request::put("/").body(body).unwrap()));
    let mut failed = None;
    for _ in 0..3 {
        if let std::task::Poll::Ready(result) = call.poll() {
            failed = Some(format!("{:?}", result.unwrap_err()));
            break;
        }
        advance(10 * MILLI).await;
    }
    let read = read.lock().unwrap().clone();
    (read, failed)
}

/// How the body of a request ends.
#[derive(Clone, Copy)]
enum End {
    Whole,
    Trailers,
    Broken,
}

#[tokio::test(start_paused = true)]
async fn a_body_in_frames_is_sent_again_where_all_of_it_is_kept() {
    const HALF: usize = 32 * 1024;
    for (what, parts, end, expected) in [
        ("64 KiB", &[HALF, HALF][..], End::Whole, vec![2 * HALF; 2]),
        ("a byte more", &[HALF, HALF, 1], End::Whole, vec![2 * HALF + 1]),
        ("a frame of a byte more", &[2 * HALF + 1], End::Whole, vec![2 * HALF + 1]),
        ("nothing", &[], End::Whole, vec![0; 2]),
        ("with trailers", &[7], End::Trailers, vec![7]),
    ] {
        assert_eq!(read(parts, end).await, (expected, None), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_body_fails_half_way_is_not_hedged() {
    let (read, failed) = read(&[7], End::Broken).await;
    assert_eq!(read, [7]);
    assert!(failed.is_some_and(|error| error.contains("it broke")));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_whole_head_of_the_request() {
    #[derive(Clone, Debug, PartialEq)]
    struct Marker(u32);
    let heads = Mutex::new(Vec::new());
    let service = service_fn(|request: Request<ReplayBody<Whole>>| {
        let (head, _) = request.into_parts();
        heads.lock().unwrap().push((head.method, head.uri, head.version, head.headers, head.extensions.get().cloned()));
        let is_first = heads.lock().unwrap().len() == 1;
        async move {
            if is_first {
                pending::<()>().await;
            }
            Ok::<_, BoxError>(Response::builder().status(101).extension(Marker(8)).body(Whole::default())?)
        }
    });
    let request = Request::get("/chat?room=7").version(http::Version::HTTP_11).extension(Marker(7));
    let request = request.header("upgrade", "websocket").header("expect", "100-continue").body(Whole::default());
    let response = layer().layer(service).oneshot(request.unwrap()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.extensions().get()), (101, Some(&Marker(8))));
    let heads = heads.into_inner().unwrap();
    assert_eq!((heads.len(), &heads[0], &heads[0].4), (2, &heads[1], &Some(Marker(7))));
}

/// From `hedging_receiveHeaders` of grpc-java's `RetriableStreamTest`.
#[tokio::test(start_paused = true)]
async fn a_head_ends_the_call_while_its_body_streams_on() {
    let (alive, sent, start) = (Arc::new(()), AtomicUsize::new(0), now());
    let (mut sender, body) = Channel::<Bytes, Error>::new(1);
    let body = Mutex::new(Some(body));
    let service = service_fn(|_: Request<ReplayBody<Whole>>| {
        let body = if sent.fetch_add(1, Ordering::SeqCst) == 1 { body.lock().unwrap().take() } else { None };
        let held = Arc::clone(&alive);
        async move {
            let Some(body) = body else { return pending().await };
            drop(held);
            Ok::<_, BoxError>(Response::new(body))
        }
    });
    let hedge = HedgeLayer::http("search").after(10 * MILLI).max_hedges(3).build().unwrap();
    let response = hedge.layer(service).oneshot(Request::new(Whole::default())).await.unwrap();
    assert_eq!((now() - start, sent.load(Ordering::SeqCst), Arc::strong_count(&alive)), (10 * MILLI, 2, 1));
    sender.send_data("late".into()).await.unwrap();
    drop(sender);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "late");
}

/// As where a client cannot connect. In the order of the layers the hedge gets the body of a retry.
#[tokio::test(start_paused = true)]
async fn a_body_in_memory_need_not_be_read_by_the_first_attempt() {
    let (sent, start) = (AtomicUsize::new(0), now());
    let service = service_fn(|request: Request<ReplayBody<ReplayBody<Whole>>>| {
        let is_first = sent.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                sleep(50 * MILLI).await;
            }
            Ok::<_, BoxError>(Response::new(Whole::from(request.into_body().collect().await?.to_bytes())))
        }
    });
    let retry = RetryLayer::http::<ReplayBody<Whole>>("search").build().unwrap();
    let request = Request::put("/").body(Whole::from("data")).unwrap();
    let response = (retry, layer()).layer(service).oneshot(request).await.unwrap();
    assert_eq!((response.into_body().collect().await.unwrap().to_bytes(), now() - start), ("data".into(), 10 * MILLI));
}
