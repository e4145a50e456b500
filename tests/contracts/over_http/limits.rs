//! Limits of nothing, of all there is, and of a clock that stands still are legal.

use super::*;

fn server(at: At, answer: Answer) -> Server {
    Server { inner: Inner::default().ever_answers(answer), at, tallies: Tallies::default() }
}

/// Nothing makes a timer: there is no runtime to make it in.
#[test]
fn a_limit_of_zero_polls_once_and_is_over_before_the_body() {
    let limit = TimeoutLayer::http(Duration::ZERO);
    for (at, answer, has_head) in [
        (At::Head, Never, false),
        (At::Head, After(0, Ok(200)), true),
        (At::Body, Never, true),
        (At::Body, After(0, Ok(200)), true),
    ] {
        let mut call = task::spawn(limit.layer(server(at, answer)).oneshot(request(1)));
        let head = assert_ready!(call.poll());
        assert_eq!(head.is_ok(), has_head, "{at:?} {answer:?}");
        let mut call = calls::begin(Whole::of(limit.layer(server(at, answer))).oneshot(1));
        assert!(calls::end(&mut call).unwrap_err().is_timeout(), "{at:?} {answer:?}");
    }
}

#[test]
fn a_limit_of_zero_lets_a_response_without_a_body_pass() {
    let empty = service_fn(async |_: Request<Plain>| Ok::<_, Error>(Response::new(Plain::default())));
    let mut call = task::spawn(TimeoutLayer::http(Duration::ZERO).layer(empty).oneshot(request(1)));
    let response = assert_ready!(call.poll()).unwrap();
    let mut body = task::spawn(http_body_util::BodyExt::collect(response.into_body()));
    assert!(assert_ready!(body.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_ends_neither_call_nor_body() {
    for at in [At::Head, At::Body] {
        let mut call =
            calls::begin(Whole::of(TimeoutLayer::http(Duration::MAX).layer(server(at, After(2, Ok(9))))).oneshot(1));
        assert_pending!(call.poll());
        advance(Duration::from_secs(1 << 28)).await;
        assert_eq!(calls::end(&mut call).unwrap(), 9, "{at:?}");
    }
}

/// What a service below sees in its header, of a request with this one.
async fn passed_on(layer: DeadlineLayer, name: &HeaderName, value: &str) -> Result<Option<HeaderValue>, Error> {
    let mut request = request(1);
    request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    let seen = RefCell::new(None);
    let service = service_fn(async |request: Request<Plain>| {
        *seen.borrow_mut() = request.headers().get(name).cloned();
        assert_eq!(seen.borrow().is_some(), Deadline::current().is_some());
        Ok::<_, Error>(Response::new(Plain::default()))
    });
    layer.layer(service).oneshot(request).await.map(|_| seen.take())
}

/// The nanoseconds that a header states, in milliseconds or in a unit of gRPC's.
fn nanos(value: &str) -> u128 {
    let number = value.trim_end_matches(char::is_alphabetic);
    let nanos = match &value[number.len()..] {
        "n" => 1,
        "u" => 1_000,
        "m" | "" => 1_000_000,
        "S" => 1_000_000_000,
        "M" => 60_000_000_000,
        "H" => 3_600_000_000_000,
        unit => panic!("{unit} is no unit"),
    };
    number.parse::<u128>().expect("it has a number") * nanos
}

#[tokio::test(start_paused = true)]
async fn the_largest_times_in_headers_are_legal_and_never_grow() {
    let grpc = HeaderName::from_static("grpc-timeout");
    let millis = [u64::from(u32::MAX), u64::MAX - 1, u64::MAX].map(|millis| millis.to_string());
    let units = ["H", "M", "S", "m", "u", "n"].map(|unit| format!("99999999{unit}"));
    let millis = millis.map(|value| (DeadlineLayer::header(WAIT), WAIT, value, nanos(&u32::MAX.to_string())));
    let units = units.map(|value| (DeadlineLayer::grpc(), grpc.clone(), value, nanos("8760H")));
    for (layer, name, value, most) in millis.into_iter().chain(units) {
        let seen = passed_on(layer, &name, &value).await.unwrap().expect("it is readable");
        let seen = seen.to_str().unwrap();
        assert!(name != grpc || seen.len() <= 9, "{seen} of {value}");
        let (seen, brought) = (nanos(seen), nanos(&value));
        assert!(seen <= brought && seen >= brought.min(most), "{seen} of {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_time_in_a_header_is_over_and_endless_time_is_legal() {
    for (value, is_over) in [("0", true), ("00000", true), (&*"9".repeat(500), false)] {
        let passed = passed_on(DeadlineLayer::header(WAIT), &WAIT, value).await;
        assert_eq!(passed.is_err_and(|error| error.is_timeout()), is_over, "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_map_of_keys_may_have_every_capacity_and_idle_time() {
    for (idle, capacity, keys) in
        [(Duration::ZERO, 1, 1), (Duration::ZERO, usize::MAX, 1), (Duration::MAX, 1, 1), (Duration::MAX, usize::MAX, 2)]
    {
        let circuits = CircuitBreakerLayer::http("circuit").per_key(host::<Plain>).capacity(capacity).idle(idle);
        let places = BulkheadLayer::http(1).per_key(host::<Plain>).capacity(capacity).idle(idle);
        let (circuits, places) = (circuits.build().unwrap(), places.build().unwrap());
        let service = circuits.layer(places.layer(server(At::Body, After(0, Ok(5)))));
        for name in ["a", "b", "a"] {
            let mut request = request(1);
            *request.uri_mut() = format!("http://{name}/").parse().unwrap();
            assert_eq!(read(service.clone().oneshot(request).await.unwrap()).await.unwrap(), 5);
            advance(Duration::from_millis(1)).await;
        }
        assert_eq!((circuits.handle().len(), places.handle().len()), (keys, keys), "{idle:?}, {capacity}");
    }
}
