//! A child whose calls become letters and are replayed meanwhile, and which tells of both.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, join};
use palisade::test_util::Seed;
use palisade::{Backoff, Error};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tower::{BoxError, ServiceExt, service_fn};

use super::{accepting, queue};
use crate::child::{self, Child};
use crate::folder::Folder;

/// How many calls wait at once.
const WAITING: usize = 8;
/// Children that run at once, files that each of them works on in turn, and kills for each file.
const AT_ONCE: u64 = 2;
const FILES: u64 = 8;
const KILLS: usize = 30;

#[tokio::test]
#[ignore = "a role: `Child` runs it"]
async fn accept_and_replay_until_killed() {
    let Some(path) = child::subject() else { return };
    child::tell("opens");
    let letters = queue(&path).await.open().await.unwrap();
    let service = accepting(&letters);
    let first: u64 = rand::make_rng::<SmallRng>().random_range(0..u64::MAX / 2);
    let accept = async {
        let mut requests = first..;
        let mut calls: FuturesUnordered<_> =
            requests.by_ref().take(WAITING).map(|request| service.clone().oneshot(request)).collect();
        while let Some(accepted) = calls.next().await {
            // A queue that is full accepts nothing, and that is not the matter here.
            if let Ok(accepted) = accepted {
                child::tell(format_args!("accepted {accepted}"));
            }
            calls.extend(requests.next().map(|request| service.clone().oneshot(request)));
        }
    };
    // Each fifth replay fails, so that marks are written too.
    let mut replays = 0;
    let replaying = Arc::new(Mutex::new(move || {
        replays += 1;
        replays % 5 > 0
    }));
    let sent = service_fn(move |request: u64| {
        let succeeds = replaying.lock().unwrap()();
        async move {
            if !succeeds {
                return Err(Error::from(BoxError::from("down")));
            }
            child::tell(format_args!("replayed {request}"));
            Ok(())
        }
    });
    let replay = letters.replay(sent).concurrency(16).backoff(Backoff::constant(Duration::from_millis(1)));
    let ((), ended) = join!(accept, replay.run());
    ended.unwrap();
}

/// The requests that lines of this kind tell of.
fn told(lines: &[String], kind: &str) -> BTreeSet<u64> {
    lines.iter().filter_map(|line| line.strip_prefix(kind)?.trim().parse().ok()).collect()
}

/// All that is left is replayed; returns the requests.
fn replay_the_rest(path: &Path) -> BTreeSet<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let letters = queue(path).await.open().await.unwrap();
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let replayed = Arc::clone(&seen);
        let service = service_fn(move |request: u64| {
            replayed.lock().unwrap().insert(request);
            async { Ok::<_, Error>(()) }
        });
        letters.replay(service).concurrency(1_000).until_empty().await.unwrap();
        assert_eq!((letters.waiting(), letters.parked(), letters.bytes()), (0, 0, 0));
        drop(letters);
        let letters = queue(path).await.open().await.unwrap();
        assert_eq!((letters.waiting(), letters.parked()), (0, 0), "what was removed is there again");
        let seen = seen.lock().unwrap();
        seen.clone()
    })
}

/// Kills children that work on one file, one after the other.
fn kill_again_and_again(path: &Path, seed: u64) {
    let mut draw = SmallRng::seed_from_u64(seed);
    let (mut accepted, mut replayed) = (BTreeSet::new(), BTreeSet::new());
    for kill in 0..KILLS {
        let lines = if kill == 0 || draw.random_bool(0.2) { 1 } else { draw.random_range(2..100) };
        let delay = Duration::from_micros(draw.random_range(0..if lines == 1 { 10_000 } else { 2_000 }));
        let lines = Child::run("letters::kills::accept_and_replay_until_killed", path).kill_after(lines, delay);
        accepted.extend(told(&lines, "accepted"));
        replayed.extend(told(&lines, "replayed"));
    }
    assert!(!accepted.is_empty() && !replayed.is_empty());
    replayed.extend(replay_the_rest(path));
    let lost: Vec<_> = accepted.difference(&replayed).collect();
    assert!(lost.is_empty(), "of {} letters {} were lost: {lost:?}", accepted.len(), lost.len());
}

#[test]
fn each_letter_that_was_accepted_is_replayed_whenever_the_process_is_killed() {
    let folder = Folder::of("letters");
    let seed = Seed::new();
    thread::scope(|scope| {
        for place in 0..AT_ONCE {
            let (folder, seed) = (&folder, &seed);
            scope.spawn(move || {
                for file in (0..FILES).map(|file| place * FILES + file) {
                    kill_again_and_again(&folder.file(&format!("{file}.redb")), seed.part(file).next_u64());
                }
            });
        }
    });
}
