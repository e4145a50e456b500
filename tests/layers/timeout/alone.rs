//! A timeout ends its call wherever that is polled, at the limits that the call began with.

use tower::service_fn;

use super::*;

/// A call that hangs under a limit of ten seconds, and tells when it was ended.
fn call_of_ten() -> impl Future<Output = Duration> {
    TimeoutLayer::new(10 * SECOND).layer(hung::<()>()).oneshot(()).map(|result| elapsed(result).elapsed())
}

/// Polls a future below a limit of a second, until that ends the waiting.
async fn wait_a_second<T>(future: impl Future<Output = T>) {
    let future = RefCell::new(Some(Box::pin(future)));
    let service = strict(|()| future.take().unwrap().map(Ok::<_, Down>));
    elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.map(drop));
}

#[tokio::test(start_paused = true)]
async fn a_call_kept_in_a_set_that_lives_longer_is_ended() {
    let mut calls: FuturesUnordered<_> = (0..3).map(|_| call_of_ten()).collect();
    wait_a_second(calls.next()).await;
    assert_eq!(calls.collect::<Vec<_>>().await, [10 * SECOND; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_shared_call_lives_on_for_the_patient_caller() {
    let start = now();
    let shared = call_of_ten().shared();
    let patient = tokio::spawn(shared.clone());
    tokio::task::yield_now().await;
    wait_a_second(shared.clone()).await;
    let hasty = task::spawn(Deadline::after(SECOND).scope(shared)).poll();
    assert_pending!(hasty);
    assert_eq!((patient.await.unwrap(), now() - start), (10 * SECOND, 10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_call_polled_first_below_a_shorter_limit_lives_on() {
    let start = now();
    let mut call = Box::pin(call_of_ten());
    wait_a_second(&mut call).await;
    assert_eq!((call.await, now() - start), (10 * SECOND, 10 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_call_sees_the_deadline_it_began_with_in_any_scope() {
    let service = strict(|()| async {
        tokio::task::yield_now().await;
        Ok::<_, Down>(Deadline::current().map(Deadline::remaining))
    });
    let begun = || {
        let mut call = Box::pin(TimeoutLayer::new(10 * SECOND).layer(service.clone()).oneshot(()));
        assert_pending!(task::spawn(&mut call).poll());
        call
    };
    let seen = Deadline::after(SECOND).scope(begun()).await.unwrap();
    assert_eq!(seen, Some(10 * SECOND), "below a deadline");
    let mut call = Some(begun());
    let around = service_fn(|()| call.take().unwrap());
    let seen = TimeoutLayer::new(SECOND).layer(around).oneshot(()).await.unwrap();
    assert_eq!(seen, Some(10 * SECOND), "below a limit");
}

/// Blocks a worker's thread on a call below a timeout that cannot run there. The clock is the real one, because the thread waits.
fn ends_where_it_blocks(block_on: fn(BoxFuture<'static, Duration>) -> Duration) {
    let limit = 20 * MILLI;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = TimeoutLayer::new(limit / 2).layer(strict(move |()| async move {
            let client = TimeoutLayer::new(limit).layer(hung::<()>()).oneshot(());
            let client = client.map(|result| elapsed(result).limit()).boxed();
            Ok::<_, Down>(block_in_place(|| block_on(client)))
        }));
        let call = runtime.spawn(server.oneshot(()));
        tell.send(runtime.block_on(call).unwrap().unwrap()).unwrap();
    });
    // A thread that is lost fails the test, and does not hang it.
    assert_eq!(told.recv_timeout(10 * SECOND), Ok(limit));
}

#[test]
fn a_call_blocked_on_in_place_is_ended() {
    ends_where_it_blocks(|call| runtime::Handle::current().block_on(call));
}

#[test]
fn a_call_of_another_executor_is_ended() {
    ends_where_it_blocks(|mut call| {
        let waker = Waker::from(Arc::new(Unparks(std::thread::current())));
        loop {
            match call.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(ended) => return ended,
                Poll::Pending => std::thread::park(),
            }
        }
    });
}

struct Unparks(Thread);

impl Wake for Unparks {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
