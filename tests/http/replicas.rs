//! Replicas over HTTP: a call goes on where it was not sent, and is in flight until its body has ended.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, Full};
use palisade::http::{Attempt, Http, ReplayBody, Resend};
use palisade::replicas::{Passing, Phase};
use palisade::{Backoff, Error, Policy, Replicas, ReplicasBuilder, RetryLayer};
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::time::{MILLI, SECOND};

type Body = ReplayBody<Full<Bytes>>;
type Stream = Channel<Bytes, Infallible>;
type Builder<S, B = Body> = ReplicasBuilder<S, Passing<Http, Resend<B>>>;

/// What a site does with a request, after it has read this many bytes of its body.
#[derive(Clone, Copy, Debug)]
enum Site {
    Responds(u16),
    Breaks(ErrorKind, usize),
}

/// What the sites were asked: which, and the bodies that they read.
type Asked = Arc<Mutex<Vec<(usize, String)>>>;

/// A site by its number.
fn site<B>(
    number: usize,
    site: Site,
    asked: &Asked,
) -> impl Service<Request<B>, Response = Response<Full<Bytes>>, Error = io::Error, Future: Send> + Clone + Send + Sync + use<B>
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug> + Send + 'static,
{
    let asked = Arc::clone(asked);
    service_fn(move |request: Request<B>| {
        let asked = Arc::clone(&asked);
        async move {
            let reads = !matches!(site, Site::Breaks(_, 0));
            let body = if reads {
                request.into_body().collect().await.expect("it can be read").to_bytes()
            } else {
                Bytes::new()
            };
            asked.lock().expect("nobody panics").push((number, String::from_utf8_lossy(&body).into_owned()));
            match site {
                Site::Responds(status) => {
                    let mut response = Response::new(Full::from(body));
                    *response.status_mut() = status.try_into().expect("it is a status");
                    Ok(response)
                }
                Site::Breaks(kind, _) => Err(io::Error::from(kind)),
            }
        }
    })
}

fn post(body: &'static str) -> Request<Full<Bytes>> {
    Request::post("/orders").body(Full::from(body)).expect("it is legal")
}

/// The statuses of so many calls, or `None` for errors, and what the sites were asked.
async fn ask(sites: [Site; 2], calls: usize) -> (Vec<Option<u16>>, Vec<(usize, String)>) {
    let asked = Asked::default();
    let builder: Builder<_> = Replicas::http("orders");
    let builder = sites
        .iter()
        .enumerate()
        .fold(builder, |builder, (number, what)| builder.add(number.to_string(), site(number, *what, &asked)));
    let service = builder.policy(Policy::FailOver).build().expect("it is legal");
    let mut statuses = Vec::new();
    for _ in 0..calls {
        let response = service.clone().oneshot(post("two")).await;
        statuses.push(response.ok().map(|response| response.status().as_u16()));
    }
    let asked = asked.lock().expect("nobody panics").clone();
    (statuses, asked)
}

#[tokio::test]
async fn a_post_that_nobody_took_goes_on_whole() {
    let (statuses, asked) = ask([Site::Breaks(ErrorKind::ConnectionRefused, 0), Site::Responds(200)], 1).await;
    assert_eq!((statuses, asked), (vec![Some(200)], vec![(0, String::new()), (1, "two".into())]));
}

#[tokio::test]
async fn a_post_that_may_have_arrived_goes_to_no_other() {
    for site in [Site::Breaks(ErrorKind::ConnectionReset, 0), Site::Breaks(ErrorKind::ConnectionRefused, 3)] {
        let (statuses, asked) = ask([site, Site::Responds(200)], 1).await;
        assert_eq!((statuses, asked.len()), (vec![None], 1), "{site:?}");
    }
}

#[tokio::test]
async fn statuses_eject() {
    let (statuses, asked) = ask([Site::Responds(503), Site::Responds(200)], 8).await;
    assert_eq!(statuses, [[Some(503); 5].as_slice(), &[Some(200); 3]].concat());
    assert_eq!(asked.iter().filter(|(number, _)| *number == 0).count(), 5);
}

/// A service whose responses begin after a millisecond, and stream from the senders that it gives away.
fn streaming(
    senders: &Arc<Mutex<Vec<Sender<Bytes, Infallible>>>>,
) -> impl Service<Request<Body>, Response = Response<Stream>, Error = Error, Future: Send> + Clone + Send + Sync + use<>
{
    let senders = Arc::clone(senders);
    service_fn(move |_: Request<Body>| {
        let (sender, body) = Channel::new(1);
        senders.lock().expect("nobody panics").push(sender);
        async {
            sleep(MILLI).await;
            Ok(Response::new(body))
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_call_is_in_flight_until_its_body_has_ended() {
    let senders = Arc::default();
    let builder: Builder<_> = Replicas::http("orders");
    let service = builder.add("a", streaming(&senders)).build().unwrap();
    let handle = service.handle();
    let state = || handle.snapshot().replicas.iter().map(|replica| (replica.in_flight, replica.calls)).next();
    let [ended, dropped] = [service.clone().oneshot(post("")).await.unwrap(), service.oneshot(post("")).await.unwrap()];
    assert_eq!(state(), Some((2, 0)));
    senders.lock().unwrap().clear();
    ended.into_body().collect().await.unwrap();
    assert_eq!(state(), Some((1, 1)));
    drop(dropped);
    assert_eq!(state(), Some((0, 2)));
}

#[tokio::test(start_paused = true)]
async fn a_replica_with_long_bodies_is_not_slow() {
    let senders = [(); 2].map(|()| Arc::default());
    let builder: Builder<_> = Replicas::http("orders").seed(1);
    let service = builder.add("a", streaming(&senders[0])).add("b", streaming(&senders[1])).build().unwrap();
    for _ in 0..100 {
        let response = service.clone().oneshot(post("")).await.unwrap();
        if !senders[0].lock().unwrap().is_empty() {
            sleep(SECOND).await;
        }
        for senders in &senders {
            senders.lock().unwrap().clear();
        }
        response.into_body().collect().await.unwrap();
    }
    let calls: Vec<_> = service.handle().snapshot().replicas.iter().map(|replica| replica.calls).collect();
    assert!(calls.iter().all(|calls| *calls > 30), "{calls:?}");
}

#[tokio::test]
async fn a_retry_around_numbers_attempts_and_sends_each_to_another() {
    let seen = Arc::<Mutex<Vec<(u32, Attempt)>>>::default();
    let site = |number: u32| {
        let seen = Arc::clone(&seen);
        service_fn(move |request: Request<ReplayBody<Body>>| {
            seen.lock().unwrap().push((number, Attempt::of(&request)));
            let status = if number == 3 { 200 } else { 503 };
            async move { Ok::<_, Error>(Response::builder().status(status).body(Full::<Bytes>::default()).unwrap()) }
        })
    };
    let builder: Builder<_, ReplayBody<Body>> = Replicas::http("orders");
    let replicas =
        builder.add("1", site(1)).add("2", site(2)).add("3", site(3)).policy(Policy::FailOver).build().unwrap();
    let handle = replicas.handle();
    let retry = RetryLayer::http::<Body>("orders").backoff(Backoff::none()).build().unwrap();
    let request = Request::get("/").body(Full::<Bytes>::default()).unwrap();
    let response = retry.layer(replicas).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(*seen.lock().unwrap(), [(1, Attempt(1)), (2, Attempt(2)), (3, Attempt(3))]);
    drop(response);
    assert!(
        handle.snapshot().replicas.iter().all(|replica| replica.phase == Phase::InService && replica.in_flight == 0)
    );
}
