//! What is kept of many bodies at once, counted in a process of its own.

use std::alloc::System;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use futures_util::future::{Either, join_all};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use palisade::http::Attempt;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Builder;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::replay::drip::{self, CAP, Drip, LARGE, Told};
use crate::replay::wire::{Sent, retry};
use crate::support::alone::alone;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const UPLOADS: usize = 100;
/// What a call takes but for its copy of the body, and more than it should.
const CALL: usize = 4096;

type Nothing = Empty<bytes::Bytes>;

fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated)
}

#[derive(Debug, Default)]
struct Most(AtomicUsize);

impl Most {
    fn note(&self) {
        self.0.fetch_max(held(), Ordering::Relaxed);
    }
}

/// Reads all of a body and notes the most that was held meanwhile.
async fn read(request: Request<Sent>, most: Arc<Most>) -> Result<Response<Nothing>, Infallible> {
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.expect("no attempt is cut off").into_data().expect("there are no trailers");
        assert!(data == drip::bytes(length, data.len()), "wrong at {length}");
        length += data.len();
        most.note();
    }
    assert_eq!(length, LARGE);
    Ok(Response::new(Empty::new()))
}

/// Fails a call without having read anything.
fn fail() -> Ready<Result<Response<Nothing>, Infallible>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    ready(Ok(response))
}

fn request() -> Request<Drip> {
    Request::put("http://nowhere/").body(Drip::new(LARGE, Told::Exact)).unwrap()
}

async fn upload_all(service: impl Service<Request<Drip>, Error = palisade::Error> + Clone) {
    for result in join_all((0..UPLOADS).map(|_| service.clone().oneshot(request()))).await {
        result.map(drop).unwrap();
    }
}

/// Uploads many bodies at once, which this attempt reads. Tells the most that was held meanwhile.
fn kept_when_read_by(attempt: Attempt, max_attempts: u32) -> usize {
    let (runtime, most) = (Builder::new_current_thread().enable_time().build().unwrap(), Arc::<Most>::default());
    let noting = Arc::clone(&most);
    let server = service_fn(move |request: Request<Sent>| match Attempt::of(&request) {
        now if now < attempt => Either::Left(fail()),
        _ => Either::Right(read(request, Arc::clone(&noting))),
    });
    let service = retry().without_budget().max_attempts(max_attempts).build().unwrap().layer(server);
    LazyLock::force(&drip::BYTES);
    let before = held();
    runtime.block_on(upload_all(service));
    most.0.load(Ordering::Relaxed) - before
}

/// Makes many calls that are answered at once and go on to be sent, as streams are; tells what is held then.
fn kept_once_answered() -> usize {
    let server = service_fn(|request: Request<Sent>| ready(Ok::<_, Infallible>(Response::new(request.into_body()))));
    let service = retry().build().unwrap().layer(server);
    LazyLock::force(&drip::BYTES);
    let (runtime, before) = (Builder::new_current_thread().enable_time().build().unwrap(), held());
    let stream = async || {
        let mut sent = service.clone().oneshot(request()).await.unwrap().into_body();
        let mut length = 0;
        while length < CAP / 2 {
            length += sent.frame().await.unwrap().unwrap().into_data().unwrap().len();
        }
        assert!(length < CAP, "it did not outgrow the cap");
        sent
    };
    let streams = runtime.block_on(join_all((0..UPLOADS).map(|_| stream())));
    assert_eq!(streams.len(), UPLOADS);
    held() - before
}

#[test]
fn many_uploads_keep_no_more_than_the_cap_each() {
    alone(module_path!(), "many_uploads_keep_no_more_than_the_cap_each", || {
        let kept = kept_when_read_by(Attempt(1), 3);
        // All of them stand just below the cap at some time.
        assert!(kept > UPLOADS * CAP / 2, "{kept} bytes were kept: nothing was");
        assert!(kept < UPLOADS * (CAP + CALL), "{kept} bytes were kept");
    });
}

#[test]
fn the_last_attempt_keeps_nothing() {
    alone(module_path!(), "the_last_attempt_keeps_nothing", || {
        let kept = kept_when_read_by(Attempt(2), 2);
        assert!(kept < UPLOADS * CALL, "{kept} bytes were kept");
    });
}

#[test]
fn a_stream_whose_call_was_answered_keeps_nothing() {
    alone(module_path!(), "a_stream_whose_call_was_answered_keeps_nothing", || {
        let kept = kept_once_answered();
        assert!(kept < UPLOADS * CALL, "{kept} bytes were kept");
    });
}
