//! With which bodies requests are sent a second time.

use super::*;

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

/// A service that reads the body as it comes, and then waits: how much each attempt has read, and whether one failed.
#[tokio::test(start_paused = true)]
async fn a_streaming_body_is_sent_again_only_after_it_was_read() {
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
            sender.send_trailers(http::HeaderMap::from_iter([(http::header::AGE, 7.into())])).await.unwrap();
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

#[tokio::test(start_paused = true)]
async fn max_body_is_the_largest_body_that_is_sent_again() {
    for (most, bytes, attempts) in [(0, 0, 2), (0, 1, 1), (7, 7, 2), (7, 8, 1), (usize::MAX, 1 << 20, 2)] {
        let sent = AtomicUsize::new(0);
        let service = service_fn(|_: Request<ReplayBody<Whole>>| {
            sent.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, BoxError>(Response::builder().status(503).body(Whole::default())?) }
        });
        let hedge = HedgeLayer::http("search").after(10 * MILLI).max_body(most).build().unwrap();
        hedge.layer(service).oneshot(Request::put("/").body(Whole::from(vec![7; bytes])).unwrap()).await.unwrap();
        assert_eq!(sent.load(Ordering::SeqCst), attempts, "{bytes} of {most}");
    }
}
