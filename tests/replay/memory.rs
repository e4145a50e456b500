//! What is kept of many bodies at once, counted in a process of its own.

use std::{
    alloc::System,
    convert::Infallible,
    env,
    process::Command,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Builder;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{
    drip::{self, CAP, Drip, LARGE, Told},
    wire::{Sent, retry},
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const UPLOADS: usize = 100;
/// What a call takes but for its copy of the body, and more than it should.
const CALL: usize = 4096;
const ALONE: &str = "PALISADE_REPLAY_ALONE";
const NAME: &str = "memory::many_uploads_keep_no_more_than_the_cap_each";

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
async fn read(request: Request<Sent>, most: Arc<Most>) -> Result<Response<Empty<bytes::Bytes>>, Infallible> {
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.expect("a first attempt streams through").into_data().expect("there are no trailers");
        assert!(data == drip::bytes(length, data.len()), "wrong at {length}");
        length += data.len();
        most.note();
    }
    assert_eq!(length, LARGE);
    Ok(Response::new(Empty::new()))
}

async fn upload_all(service: impl Service<Request<Drip>, Error = palisade::Error> + Clone) {
    let request = || Request::put("http://nowhere/").body(Drip::new(LARGE, Told::Exact)).unwrap();
    for result in join_all((0..UPLOADS).map(|_| service.clone().oneshot(request()))).await {
        result.map(drop).unwrap();
    }
}

fn many_uploads() {
    let (runtime, most) = (Builder::new_current_thread().build().unwrap(), Arc::<Most>::default());
    let noting = Arc::clone(&most);
    let service = retry().build().unwrap().layer(service_fn(move |request| read(request, Arc::clone(&noting))));
    LazyLock::force(&drip::BYTES);
    let before = held();
    runtime.block_on(upload_all(service));
    let kept = most.0.load(Ordering::Relaxed) - before;
    // All of them stand just below the cap at some time.
    assert!(kept > UPLOADS * CAP / 2, "{kept} bytes were kept: nothing was");
    assert!(kept < UPLOADS * (CAP + CALL), "{kept} bytes were kept");
}

#[test]
fn many_uploads_keep_no_more_than_the_cap_each() {
    if env::var_os(ALONE).is_some() {
        return many_uploads();
    }
    let mut alone = Command::new(env::current_exe().unwrap());
    let output = alone.args([NAME, "--exact"]).env(ALONE, "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}
