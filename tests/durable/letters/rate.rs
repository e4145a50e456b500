//! How many letters a second go through a file. It prints, and claims nothing of how long that takes.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use palisade::{DeadLetters, Error};
use tokio::time::Instant;
use tower::{ServiceExt, service_fn};

use super::{accepting, queue};
use crate::folder::Folder;

const LETTERS: u32 = 50_000;

fn print(what: &str, at_once: usize, took: Duration) {
    let rate = f64::from(LETTERS) / took.as_secs_f64();
    eprintln!("{what}, {at_once} at once: {rate:.0} letters a second");
}

#[expect(clippy::disallowed_methods, reason = "it measures, and asserts no time")]
fn now() -> Instant {
    Instant::now()
}

async fn store(letters: &DeadLetters<u64>, at_once: usize) -> Duration {
    let service = accepting(letters);
    let began = now();
    let calls = stream::iter(0..u64::from(LETTERS)).map(|request| service.clone().oneshot(request));
    let stored = calls.buffer_unordered(at_once).filter(|stored| std::future::ready(stored.is_ok())).count().await;
    assert_eq!(stored, LETTERS as usize);
    began.elapsed()
}

async fn replay(letters: &DeadLetters<u64>, at_once: usize) -> Duration {
    let began = now();
    let service = service_fn(async |_: u64| Ok::<_, Error>(()));
    letters.replay(service).concurrency(at_once).until_empty().await.unwrap();
    assert_eq!(letters.waiting(), 0);
    began.elapsed()
}

/// In release mode: `cargo test --release --features redb,serde --test durable letters::rate -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures"]
async fn letters_go_through_a_file() {
    for at_once in [1_000, 100] {
        let folder = Folder::of("rate");
        let letters = queue(&folder.file("rate.redb")).await.capacity(LETTERS as usize).open().await.unwrap();
        print("stored", at_once, store(&letters, at_once).await);
        print("replayed", at_once, replay(&letters, at_once).await);
    }
}
