//! Replicas that are found while the service runs.

use palisade::test_util::EventLog;

use std::collections::BTreeSet;
use std::task::Poll;
use std::thread;

use futures_util::stream::poll_fn;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tower::discover::{Change, ServiceList};

use super::*;

type News = Result<Change<&'static str, Inner>, Down>;

fn found() -> (Replicas<Inner>, UnboundedSender<News>) {
    let (sender, mut receiver) = unbounded_channel();
    let discover = poll_fn(move |cx| receiver.poll_recv(cx));
    (Replicas::from_discover("orders", discover).build().expect(LEGAL), sender)
}

fn names(service: &Replicas<Inner>) -> BTreeSet<String> {
    service.handle().snapshot().replicas.iter().map(|replica| replica.name.to_string()).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[tokio::test(start_paused = true)]
async fn replicas_come_and_go_as_they_are_found() {
    let (service, news) = found();
    assert_eq!(reason(&service.clone().oneshot(1).await), Some(RejectionReason::NoReplica));
    for name in ["a", "b"] {
        news.send(Ok(Change::Insert(name, Inner::default()))).unwrap();
    }
    assert_eq!(call(&service, 2).await, 2);
    assert_eq!(names(&service), set(["a", "b"]));
    news.send(Ok(Change::Remove("a"))).unwrap();
    news.send(Ok(Change::Remove("c"))).unwrap();
    assert_eq!(call(&service, 2).await, 2);
    assert_eq!(names(&service), set(["b"]));
}

#[tokio::test(start_paused = true)]
async fn the_caller_that_polled_last_is_woken_by_news() {
    let (mut service, news) = found();
    let mut task = spawn(());
    assert!(task.enter(|cx, _| service.poll_ready(cx)).is_ready());
    news.send(Ok(Change::Insert("a", Inner::default()))).unwrap();
    assert!(task.is_woken());
}

#[tokio::test(start_paused = true)]
async fn an_error_or_the_end_leaves_the_replicas_as_they_are() {
    let (service, news) = found();
    let events = EventLog::of_thread();
    news.send(Ok(Change::Insert("a", Inner::default()))).unwrap();
    news.send(Err(Down(2))).unwrap();
    news.send(Ok(Change::Insert("b", Inner::default()))).unwrap();
    assert_eq!(call(&service, 4).await, 4);
    assert_eq!(names(&service), set(["a", "b"]));
    drop(news);
    assert_eq!(call(&service, 4).await, 4);
    let told: Vec<_> = events.of("palisade::replicas").iter().map(|event| event.field("error").to_owned()).collect();
    assert_eq!(told, ["the service failed: down 2", ""]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_found_again_is_a_new_replica() {
    let (service, news) = found();
    let inners = [(); 2].map(|()| Inner::default());
    for inner in &inners {
        news.send(Ok(Change::Insert("a", inner.clone()))).unwrap();
        call(&service, 3).await;
    }
    assert_eq!((calls(&inners), service.handle().snapshot().replicas[0].calls), (vec![3, 3], 3));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_found_again_leaves_no_gap() {
    let (sender, mut receiver) = unbounded_channel::<News>();
    let discover = poll_fn(move |cx| receiver.poll_recv(cx));
    let service = Replicas::from_discover("orders", discover).policy(Policy::FailOver).needed(2).build().unwrap();
    let inners = [(); 3].map(|()| Inner::default());
    for (name, inner) in ["a", "b"].into_iter().zip(&inners) {
        sender.send(Ok(Change::Insert(name, inner.clone()))).unwrap();
    }
    call(&service, 1).await;
    let events = EventLog::of_thread();
    sender.send(Ok(Change::Insert("a", inners[2].clone()))).unwrap();
    call(&service, 2).await;
    let told: Vec<_> = events.of("palisade::replicas").iter().map(|event| event.field("message").to_owned()).collect();
    assert_eq!((calls(&inners), told), (vec![1, 0, 2], vec!["replica drained".to_owned()]));
}

#[test]
fn calls_beside_one_that_is_found_again_have_a_replica() {
    let (service, news) = found();
    let find = |mut service: Replicas<Inner>| {
        news.send(Ok(Change::Insert("a", Inner::default()))).unwrap();
        assert!(spawn(()).enter(|cx, _| service.poll_ready(cx)).is_ready());
    };
    find(service.clone());
    thread::scope(|scope| {
        let finding = scope.spawn(|| (0..5_000).for_each(|_| find(service.clone())));
        let mut service = service.clone();
        while !finding.is_finished() {
            assert_eq!(spawn(service.call(1)).poll().map(|result| reason(&result)), Poll::Ready(None));
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_legal_is_told_and_the_rest_is_taken() {
    let (service, news) = found();
    let events = EventLog::of_thread();
    for name in ["", "b"] {
        news.send(Ok(Change::Insert(name, Inner::default()))).unwrap();
    }
    call(&service, 2).await;
    let told = events.of("palisade::replicas");
    let told: Vec<_> = told.iter().map(|event| event.field("error")).filter(|error| !error.is_empty()).collect();
    let error = "the service failed: `replica` is \"\", but must be a name of 1 to 256 bytes";
    assert_eq!((names(&service), told), (set(["b"]), vec![error]));
}

#[tokio::test(start_paused = true)]
async fn more_than_there_may_be_are_not_taken() {
    let discover = ServiceList::new::<u32>(vec![Inner::default(); 1_003]);
    let service = Replicas::from_discover("orders", discover).build().unwrap();
    assert_eq!(call(&service, 5).await, 5);
    assert_eq!(service.handle().snapshot().replicas.len(), 1_000);
}
