//! Bodies of responses: what is read, what streams on, and what breaks.

use http_body_util::channel::Channel;
use palisade::http::SharedBody;

use super::*;

/// A response of so many bytes, in frames of 64 KiB. Only its first frames are there: the rest comes when somebody reads.
fn large(bytes: usize) -> impl http_body::Body<Data = Bytes, Error = Error> + Unpin + Send {
    let frames = bytes / 65_536;
    http_body_util::StreamBody::new(futures_util::stream::iter(
        (0..frames).map(|_| Ok(http_body::Frame::data(Bytes::from(vec![7; 65_536])))),
    ))
}

#[tokio::test(start_paused = true)]
async fn a_response_of_100_mb_streams_and_is_not_kept() {
    let calls = Arc::new(AtomicUsize::new(0));
    let inner = service_fn({
        let calls = Arc::clone(&calls);
        move |_: Request<Body>| {
            calls.fetch_add(1, Ordering::SeqCst);
            let response = Response::builder().header("cache-control", "max-age=30").body(large(100 << 20)).unwrap();
            async move { Ok::<_, Error>(response) }
        }
    });
    let layer = builder().build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner));
    for _ in 0..2 {
        let mut body = service.clone().oneshot(request("GET", "/", &[])).await.unwrap().into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame.unwrap().into_data().unwrap().len();
        }
        assert_eq!(bytes, 100 << 20);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert!(handle.snapshot().weight < 1_000, "{:?}", handle.snapshot());
}

#[tokio::test(start_paused = true)]
async fn a_body_up_to_the_limit_is_kept_and_no_larger_one() {
    for (bytes, calls) in [(10, 1), (11, 2)] {
        let count = Arc::new(AtomicUsize::new(0));
        let inner = service_fn({
            let count = Arc::clone(&count);
            move |_: Request<Body>| {
                count.fetch_add(1, Ordering::SeqCst);
                async move { Ok::<_, Error>(Response::new(Body::from(vec![7; bytes]))) }
            }
        });
        let service = BoxCloneSyncService::new(builder().ttl(SECOND).max_body(10).build().unwrap().layer(inner));
        for _ in 0..2 {
            assert_eq!(get(&service, &[]).await.len(), bytes);
        }
        assert_eq!(count.load(Ordering::SeqCst), calls, "{bytes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_private_response_streams_at_once() {
    let inner = service_fn(|_: Request<Body>| async {
        let (mut sender, body) = Channel::<Bytes, Error>::new(1);
        sender.send_data("first".into()).await.unwrap();
        tokio::spawn(async move {
            tokio::time::sleep(SECOND).await;
            drop(sender);
        });
        Ok::<_, Error>(Response::builder().header("cache-control", "private").body(body).unwrap())
    });
    let service = builder().build().unwrap().layer(inner);
    let began = crate::support::now();
    let mut body: SharedBody<_> = service.oneshot(request("GET", "/", &[])).await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
    assert_eq!(crate::support::now() - began, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn trailers_are_kept_with_the_body() {
    let inner = service_fn(|_: Request<Body>| async {
        let (mut sender, body) = Channel::<Bytes, Error>::new(2);
        sender.send_data("data".into()).await.unwrap();
        let trailers = [("x-sum".parse().unwrap(), "5".parse().unwrap())].into_iter().collect();
        sender.send_trailers(trailers).await.unwrap();
        Ok::<_, Error>(Response::builder().header("cache-control", "max-age=30").body(body).unwrap())
    });
    let service = builder().build().unwrap().layer(inner);
    for _ in 0..2 {
        let collected = service.clone().oneshot(request("GET", "/", &[])).await.unwrap().into_body().collect().await;
        let collected = collected.unwrap();
        assert_eq!(collected.trailers().unwrap()["x-sum"], "5");
        assert_eq!(collected.to_bytes(), "data");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_is_a_call_that_failed() {
    let calls = Arc::new(AtomicUsize::new(0));
    let inner = service_fn({
        let calls = Arc::clone(&calls);
        move |_: Request<Body>| {
            let is_first = calls.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                let (mut sender, body) = Channel::<Bytes, Error>::new(2);
                sender.send_data("data".into()).await.unwrap();
                if !is_first {
                    sender.abort(crate::support::io_error("cut").into_error());
                }
                let response = Response::builder().header("cache-control", "max-age=1, stale-if-error=60");
                Ok::<_, Error>(response.body(body).unwrap())
            }
        }
    });
    let service = builder().build().unwrap().layer(inner);
    let body = |response: Response<SharedBody<_>>| async { response.into_body().collect().await.unwrap().to_bytes() };
    assert_eq!(body(service.clone().oneshot(request("GET", "/", &[])).await.unwrap()).await, "data");
    advance(SECOND).await;
    assert_eq!(body(service.clone().oneshot(request("GET", "/", &[])).await.unwrap()).await, "data");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    let other = service.oneshot(request("GET", "/other", &[])).await;
    assert!(matches!(other, Err(Error::Service(_))), "without an entry it is an error");
}

trait IntoError {
    fn into_error(self) -> Error;
}

impl IntoError for std::io::Error {
    fn into_error(self) -> Error {
        Error::Service(self.into())
    }
}
