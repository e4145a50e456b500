//! Ten thousand tasks that want the same at once, on many threads.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use palisade::Error;
use palisade::test_util::Calls;
use tokio::task::{JoinHandle, yield_now};
use tower::{Service, ServiceExt, service_fn};

use super::Down;

const CROWD: usize = 10_000;

/// How often a call is woken until it returns.
const WAKES: usize = 5;

/// Who leaves before the call returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Leaves {
    Nobody,
    /// Who has polled the call, after each poll.
    Leaders,
    /// Every second task, wherever it is.
    Half,
}

/// What wakes the call of a service.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    waker: Arc<Mutex<Option<Waker>>>,
    wakes: Arc<AtomicUsize>,
    pub calls: Calls,
}

impl Steps {
    /// A service whose calls return 9 when they were woken often enough.
    pub fn service(&self) -> impl Service<u32, Response = u32, Error = Down, Future: Send> + Clone + Send + use<> {
        let steps = self.clone();
        service_fn(move |_| {
            steps.calls.add();
            Woken { steps: steps.clone() }
        })
    }

    /// Wakes the call once, when somebody has polled it.
    async fn wake(&self) {
        let waker = loop {
            let waker = self.waker.lock().expect("nobody panics under it").take();
            match waker {
                Some(waker) => break waker,
                None => yield_now().await,
            }
        };
        self.wakes.fetch_add(1, Ordering::SeqCst);
        waker.wake();
    }
}

thread_local! {
    /// Whether a task of this thread has polled the call.
    static LEADS: Cell<bool> = const { Cell::new(false) };
}

/// It counts its wakes and not its polls: a caller who comes second polls it without a wake.
struct Woken {
    steps: Steps,
}

impl Future for Woken {
    type Output = Result<u32, Down>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        LEADS.set(true);
        if self.steps.wakes.load(Ordering::SeqCst) == WAKES {
            return Poll::Ready(Ok(9));
        }
        *self.steps.waker.lock().expect("nobody panics under it") = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// One of the crowd. It ends with `None` if it leaves, and with how often it was polled.
struct One {
    call: Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>>,
    polls: usize,
    came: Arc<AtomicUsize>,
    leaves: Leaves,
}

impl Future for One {
    type Output = (Option<Result<u32, Error>>, usize);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        LEADS.set(false);
        self.polls += 1;
        let polled = self.call.as_mut().poll(cx);
        if self.polls == 1 {
            self.came.fetch_add(1, Ordering::SeqCst);
        }
        let all_came = self.came.load(Ordering::SeqCst) == CROWD;
        match polled {
            Poll::Ready(result) => Poll::Ready((Some(result), self.polls)),
            Poll::Pending if self.leaves == Leaves::Leaders && LEADS.get() && all_came => {
                Poll::Ready((None, self.polls))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Has the crowd call the service, around that of the steps. They make one call, and each is polled twice, and once for each wake.
pub async fn assert_one_call<S>(service: S, steps: &Steps, leaves: Leaves)
where
    S: Service<u32, Response = u32, Error = Error> + Clone + Send + 'static,
    S::Future: Send,
{
    let came = Arc::new(AtomicUsize::new(0));
    let one = || One { call: Box::pin(service.clone().oneshot(7)), polls: 0, came: Arc::clone(&came), leaves };
    let tasks: Vec<_> = (0..CROWD).map(|_| tokio::spawn(one())).collect();
    while came.load(Ordering::SeqCst) < CROWD {
        yield_now().await;
    }
    steps.wake().await;
    if leaves == Leaves::Half {
        tasks.iter().step_by(2).for_each(JoinHandle::abort);
    }
    for _ in 1..WAKES {
        steps.wake().await;
    }
    let (mut returned, mut most) = (0, 0);
    for task in tasks {
        let Ok((result, polls)) = task.await else { continue };
        most = most.max(polls);
        if let Some(result) = result {
            assert_eq!(result.expect("the call succeeds"), 9);
            returned += 1;
        }
    }
    let expected = match leaves {
        Leaves::Nobody => CROWD..=CROWD,
        // The last who polled it had the response, and the first perhaps did not see that all had come.
        Leaves::Leaders => CROWD - WAKES..=CROWD - WAKES + 1,
        Leaves::Half => CROWD / 2..=CROWD / 2,
    };
    assert!(expected.contains(&returned), "{returned} of {CROWD}");
    assert!(most <= WAKES + 2, "{most} polls for {WAKES} wakes");
    assert_eq!(steps.calls.count(), 1);
}
