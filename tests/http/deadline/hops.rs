//! Three hops over real sockets.

use super::*;

fn client(version: Version) -> Deadlines<Http> {
    DeadlineLayer::header(MILLIS.clone()).layer(plain(version))
}

fn plain(version: Version) -> Http {
    Client::builder(TokioExecutor::new()).http2_only(version == Version::HTTP_2).build_http()
}

/// What a hop was sent, and what its handler had left.
#[derive(Clone, Debug)]
struct Hop {
    header: String,
    left: Duration,
}

type Hops = Arc<Mutex<Vec<Hop>>>;

/// What a hop needs to call the next.
#[derive(Clone)]
struct Relay {
    client: Deadlines<Http>,
    next: Option<String>,
    came_in: Arc<Mutex<Vec<String>>>,
    hops: Hops,
}

async fn relay(State(relay): State<Relay>) -> StatusCode {
    let left = Deadline::current().unwrap().remaining();
    let header = relay.came_in.lock().unwrap().pop().unwrap();
    relay.hops.lock().unwrap().push(Hop { header, left });
    let Some(next) = relay.next else { return StatusCode::OK };
    let request = Request::get(next).body(Full::default()).unwrap();
    relay.client.oneshot(request).await.unwrap().status()
}

/// Serves a hop; tells its address.
async fn serve(layer: DeadlineLayer, name: HeaderName, relay_to: Relay) -> String {
    let came_in = Arc::clone(&relay_to.came_in);
    let note = move |request: Request<Body>| {
        came_in.lock().unwrap().push(request.headers()[&name].to_str().unwrap().to_owned());
        request
    };
    let stack = ServiceBuilder::new().map_request(note).layer(AnswerLayer::http()).layer(layer);
    let router = Router::new().route("/", get(relay)).layer(stack).with_state(relay_to);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// Sends a request through three hops, and tells what they saw.
async fn three_hops(layer: DeadlineLayer, name: &HeaderName, version: Version, value: &str) -> Vec<Hop> {
    let client = layer.layer(plain(version));
    let hops = Hops::default();
    let mut next = None;
    for _ in 0..3 {
        let relay = Relay { client: client.clone(), next, came_in: Arc::default(), hops: Arc::clone(&hops) };
        next = Some(serve(layer.clone(), name.clone(), relay).await);
    }
    let request = Request::get(next.unwrap()).version(version).header(name, value).body(Full::default()).unwrap();
    assert_eq!(plain(version).request(request).await.unwrap().status(), StatusCode::OK);
    let hops = hops.lock().unwrap();
    hops.clone()
}

/// The time that a header of either kind tells.
fn told(header: &str) -> Duration {
    let number = |digits: &str| digits.parse().unwrap();
    match header.strip_suffix(['n', 'u', 'm', 'S']) {
        None => Duration::from_millis(number(header)),
        Some(digits) if header.ends_with('n') => Duration::from_nanos(number(digits)),
        Some(digits) if header.ends_with('u') => Duration::from_micros(number(digits)),
        Some(digits) if header.ends_with('m') => Duration::from_millis(number(digits)),
        Some(digits) => Duration::from_secs(number(digits)),
    }
}

async fn deadlines_shrink(layer: DeadlineLayer, name: &HeaderName, value: &str) {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let hops = three_hops(layer.clone(), name, version, value).await;
        assert_eq!((hops.len(), hops[0].header.as_str()), (3, value));
        assert!(hops.iter().all(|hop| hop.left <= told(&hop.header)), "{hops:?}");
        assert!(hops.windows(2).all(|pair| told(&pair[1].header) < told(&pair[0].header)), "{hops:?}");
        assert!(hops.windows(2).all(|pair| pair[1].left < pair[0].left), "{hops:?}");
    }
}

#[tokio::test]
async fn deadlines_in_milliseconds_shrink_across_three_hops() {
    deadlines_shrink(in_millis(), &MILLIS, "60000").await;
}

#[tokio::test]
async fn grpc_timeouts_shrink_across_three_hops() {
    deadlines_shrink(DeadlineLayer::grpc(), &GRPC, "60S").await;
    deadlines_shrink(DeadlineLayer::grpc(), &GRPC, "59999999u").await;
}

#[tokio::test]
async fn a_request_whose_time_is_over_is_answered_504_and_reaches_no_handler() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let hops = Hops::default();
        let relay = Relay { client: client(version), next: None, came_in: Arc::default(), hops: Arc::clone(&hops) };
        let address = serve(in_millis(), MILLIS.clone(), relay).await;
        let request = Request::get(address).version(version).header(&MILLIS, "0").body(Full::default()).unwrap();
        assert_eq!(plain(version).request(request).await.unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
        assert!(hops.lock().unwrap().is_empty());
    }
}
