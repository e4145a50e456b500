//! The stream of events: its places, its frames, and those who do not read.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use futures_util::FutureExt;
use palisade::{Judgement, Replica, Replicas};
use tokio::time::{advance, timeout};
use tower::service_fn;

use super::*;
use crate::patience::{ms, secs};
use crate::support::paused;

async fn watch(page: &Page, count: usize) -> Vec<Events> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(Events::of(page).await.unwrap());
    }
    all
}

#[tokio::test]
async fn the_33rd_stream_waits_for_a_place() {
    let page = open(&Registry::new());
    let mut streams = watch(&page, 32).await;
    let said = Events::of(&page.clone()).await.err().unwrap();
    assert_eq!((said.status, said.header("retry-after")), (503, Some("5")));
    let head = ask(&page, Request::head("/events").body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!(head.status, 503);
    streams.pop();
    let head = ask(&page, Request::head("/events").body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!(head.status, 200, "and takes no place");
    streams.push(Events::of(&page).await.unwrap());
    assert_eq!(Events::of(&page).await.err().unwrap().status, 503);
}

#[test]
fn one_frame_serves_all_streams() {
    paused(async {
        let page = open(&Registry::new());
        let mut streams = watch(&page, 3).await;
        for second in 0..3 {
            let mut frames = Vec::new();
            for stream in &mut streams {
                if second == 0 {
                    stream.next().await;
                }
                frames.push(stream.next().await);
            }
            assert!(frames.iter().all(|frame| frame.as_ptr() == frames[0].as_ptr()), "second {second}");
        }
    });
}

#[test]
fn no_frame_is_made_for_who_does_not_read() {
    paused(async {
        let registry = Registry::new();
        // A judge is asked whenever somebody looks.
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let judge = move || {
            count.fetch_add(1, Ordering::SeqCst);
            Judgement::Healthy
        };
        let replica = Replica::new("a", service_fn(async |(): ()| Ok::<_, io::Error>(()))).judge(judge);
        let replicas = Replicas::builder("orders").registry(&registry).replica(replica).build().unwrap();
        let made = || asked.load(Ordering::SeqCst);
        let page = open(&registry);
        let before = made();
        advance(secs(100)).await;
        assert_eq!(made() - before, 0, "nobody watches");

        let mut events = Events::of(&page).await.unwrap();
        events.frame().await;
        let each = made() - before;
        assert!(each > 0);
        advance(secs(100)).await;
        assert_eq!(made() - before, each, "nobody reads");
        events.frame().await;
        assert_eq!(made() - before, 2 * each);
        assert!(events.next().now_or_never().is_none(), "what was missed is left out");
        drop(events);
        advance(secs(100)).await;
        assert_eq!(made() - before, 2 * each, "nobody watches any more");
        drop(replicas);
    });
}

#[tokio::test]
async fn a_judge_that_blocks_keeps_no_other_stream_waiting() {
    let registry = Registry::new();
    let (blocks, blocked) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let (is_armed, ended) = (Arc::new(AtomicBool::new(false)), Mutex::new(ended));
    let arms = Arc::clone(&is_armed);
    let judge = move || {
        if arms.swap(false, Ordering::SeqCst) {
            blocks.send(()).unwrap();
            ended.lock().unwrap().recv().unwrap_err();
        }
        Judgement::Healthy
    };
    let replica = Replica::new("a", service_fn(async |(): ()| Ok::<_, io::Error>(()))).judge(judge);
    let replicas = Replicas::builder("orders").registry(&registry).replica(replica).build().unwrap();
    let page = open(&registry);
    is_armed.store(true, Ordering::SeqCst);
    let slow = thread::spawn({
        let page = page.clone();
        move || paused(async { frame(&page).await })
    });
    blocked.recv().unwrap();

    let (told, hears) = mpsc::channel();
    thread::spawn(move || {
        paused(async {
            let mut events = Events::of(&page).await.unwrap();
            events.next().await;
            told.send(timeout(secs(2), events.next()).await.is_err()).unwrap();
            drop(events);
            told.send(format!("{page:?}").contains("streams: 1")).unwrap();
        });
    });
    for what in ["it waits as a future", "its place is free again"] {
        assert_eq!(hears.recv_timeout(secs(20)), Ok(true), "{what}");
    }
    drop(end);
    assert_eq!(slow.join().unwrap()["instances"], 2);
    drop(replicas);
}

#[test]
fn a_frame_comes_each_second() {
    paused(async {
        let page = open(&Registry::new());
        let mut events = Events::of(&page).await.unwrap();
        events.frame().await;
        let began = crate::support::now();
        for second in 1..=10 {
            events.frame().await;
            let passed = crate::support::now() - began;
            assert!(passed + secs(1) >= secs(second) && passed <= secs(second) + ms(2), "{second}: {passed:?}");
        }
    });
}

#[test]
fn a_stream_that_is_dropped_at_any_poll_frees_its_place() {
    paused(async {
        let page = open(&Registry::new());
        for polls in 0..100 {
            let mut events = Events::of(&page).await.unwrap();
            for _ in 0..polls % 5 {
                drop(events.next().now_or_never());
            }
            advance(ms(300)).await;
        }
        assert_eq!(watch(&page, 32).await.len(), 32);
    });
}

#[tokio::test]
async fn clones_share_their_places_and_setters_do_not() {
    let page = open(&Registry::new());
    let streams = watch(&page, 32).await;
    assert_eq!(Events::of(&page.clone()).await.err().unwrap().status, 503);
    assert!(Events::of(&page.show_keys()).await.is_ok());
    drop(streams);
}

#[tokio::test]
async fn an_authorize_that_panics_takes_no_place() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let page = Registry::new().page().reading(move |_| {
        assert!(count.fetch_add(1, Ordering::SeqCst) >= 100, "hostile");
        true
    });
    for _ in 0..100 {
        let page = page.clone();
        let events = tokio::spawn(async move { Events::of(&page).await.map(drop).map_err(drop) });
        assert!(events.await.unwrap_err().is_panic());
    }
    assert_eq!(watch(&page, 32).await.len(), 32);
}
