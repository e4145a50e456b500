//! The replay of one letter.

use std::future::poll_fn;
use std::pin::pin;

use tower::{BoxError, Service};

use super::run::Run;
use crate::call::Oneshot;
use crate::context::DeadLetterId;
use crate::dead_letter::queue::Held;
use crate::error::Error;
use crate::event::{self, Event};
use crate::outcome::{Classify, EndedBy, Outcome};
use crate::state::letters::counted::{Parked, Replayed};
use crate::store::StoreError;
use crate::time::Nanos;

impl<Request: 'static, S, C> Run<Request, S, C>
where
    S: Service<Request, Error: Into<BoxError> + 'static> + Clone,
    C: Classify<S::Response>,
{
    /// Replays a letter, and writes down what came of it.
    pub(super) async fn replay(&self, mut held: Held<Request>) -> Result<(), StoreError> {
        let letter = match held.read().await? {
            Some(Ok(letter)) => letter,
            Some(Err(_)) => return held.park(Parked::Unreadable).await,
            // It was dropped on its way into the store, or made room for one that was.
            None => return held.forget().await,
        };
        let (id, request) = (letter.id, letter.request);
        let result = self.send(&mut held, id, request).await;
        match self.judge(result.as_ref()) {
            (Replayed::Succeeded, _) => {
                self.tell(id, Replayed::Succeeded, None);
                held.remove().await
            }
            (Replayed::Failed, pause) => {
                self.tell(id, Replayed::Failed, result.as_ref().err());
                held.failed(|step| self.pause(step).max(pause.unwrap_or_default())).await
            }
            (Replayed::Rejected, pause) => {
                self.tell(id, Replayed::Rejected, result.as_ref().err());
                held.wait(pause.unwrap_or_else(|| self.pause(0)));
                Ok(())
            }
        }
    }

    /// Makes the call. A panic in it counts as a failure of the letter.
    async fn send(&self, held: &mut Held<Request>, id: DeadLetterId, request: Request) -> Result<S::Response, Error> {
        let mut call = pin!(id.scope(Oneshot::new(self.service.clone(), request)));
        poll_fn(|cx| {
            held.is_served = true;
            let polled = call.as_mut().poll(cx);
            held.is_served = false;
            polled
        })
        .await
    }

    /// How a replay ended, and the pause that is asked for.
    fn judge(&self, result: Result<&S::Response, &Error>) -> (Replayed, Option<Nanos>) {
        match EndedBy::of(result) {
            EndedBy::Rejection(rejection) => (Replayed::Rejected, rejection.retry_after().map(Nanos::of)),
            EndedBy::Caller { .. } | EndedBy::Service => match self.classifier.classify(result) {
                Outcome::Throttled { retry_after } => (Replayed::Failed, retry_after.map(Nanos::of)),
                outcome if outcome.is_failure() => (Replayed::Failed, None),
                _ => (Replayed::Succeeded, None),
            },
        }
    }

    fn tell(&self, id: DeadLetterId, replayed: Replayed, error: Option<&Error>) {
        let row = self.shared().row;
        row.count(replayed.word());
        event::tell_often(|| (row.source, Event::LetterReplayed { id, result: replayed.as_str(), error }));
    }
}
