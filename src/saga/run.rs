//! A saga that somebody runs.

use std::sync::Arc; // no model checks it
use std::time::Duration;

use tokio::time::Instant;

use super::error::SagaError;
use super::owner::Owned;
use super::record::Record;
use super::shared::{Shared, since_1970};
use crate::caught::Panicked;
use crate::error::{Chain, Error};
use crate::event::{Event, cut};
use crate::state::saga::{End, Failure, left};
use crate::time::{Nanos, after, now};

/// How long a last try may take, when the time is over.
const LAST_TRY: Duration = Duration::from_secs(60);

/// A saga that somebody runs. Dropped before its end, it waits for somebody to resume it.
pub(super) struct Run<C> {
    pub(super) shared: Arc<Shared>,
    owned: Owned,
    pub(super) record: Record,
    pub(super) context: C,
    /// The error of the step that failed first, unless it was read from the log.
    pub(super) error: Option<Error>,
    /// What fails now on the way back, or after the pivot.
    pub(super) trouble: Option<String>,
    /// How often what fails now was tried.
    pub(super) tries: u32,
    /// When the time to try again is over.
    until: Option<Instant>,
}

impl<C> Run<C> {
    pub(super) fn new(shared: &Arc<Shared>, owned: Owned, record: Record, context: C) -> Self {
        let shared = Arc::clone(shared);
        let mut run = Self { shared, owned, record, context, error: None, trouble: None, tries: 0, until: None };
        if let Some(since) = run.record.trying_since {
            run.try_until(since);
        }
        run
    }

    pub(super) fn id(&self) -> &Arc<str> {
        self.owned.id()
    }

    /// From now on something is tried again and again, for so long and no longer.
    pub(super) fn begin_to_try(&mut self) {
        if self.until.is_none() {
            let since = since_1970();
            self.record.trying_since = Some(since);
            self.try_until(since);
        }
    }

    /// A write that must not fail is tried again, for so long and no longer. The record does not say so: its time is that of a step.
    pub(super) fn begin_to_write(&mut self) {
        self.until.get_or_insert_with(|| after(now(), self.shared.settings.give_up_after));
    }

    /// Nothing is tried again any more.
    pub(super) fn rest(&mut self) {
        (self.until, self.trouble, self.tries) = (None, None, 0);
    }

    /// The time between two runs is the system clock's. In one run it is tokio's, which nobody sets.
    fn try_until(&mut self, since: Nanos) {
        let left = left(since, since_1970(), self.shared.settings.give_up_after.into());
        self.until = Some(after(now(), left.into()));
    }

    /// A step has succeeded that was perhaps tried again.
    pub(super) fn succeed(&mut self, step: usize) {
        self.record.standing.succeed(step, &self.shared.definition.plan);
        if !self.shared.definition.plan.goes_back(step) {
            (self.record.trying_since, self.until) = (None, None);
            (self.record.failure, self.error, self.trouble) = (None, None, None);
            self.tries = 0;
        }
    }

    /// Somebody lets it go on by hand, with all the time there is.
    pub(super) fn try_anew(&mut self) {
        self.record.standing.retry(&self.shared.definition.plan);
        (self.record.trying_since, self.until) = (None, None);
    }

    pub(super) fn is_time_over(&self) -> bool {
        self.until.is_some_and(|until| until <= now())
    }

    /// When the next try begins that would come after this delay: the last one when the time is over.
    pub(super) fn next_try(&self, delay: Duration) -> Instant {
        let next = after(now(), delay);
        self.until.map_or(next, |until| next.min(until))
    }

    /// When a try ends that begins now, if it has an end.
    pub(super) fn end_of_try(&self) -> Option<Instant> {
        self.until.map(|until| until.max(after(now(), LAST_TRY)))
    }

    /// A step has failed.
    pub(super) fn fail(&mut self, step: usize, error: Error) {
        let shared = &self.shared;
        // The pivot has no compensation. So it counts as done only where nobody knows: it panicked, or its time was over.
        let is_unclear =
            if shared.definition.plan.pivot() == Some(step) { is_unknown(&error) } else { error.was_sent() };
        let failure = if is_unclear { Failure::Unclear } else { Failure::NotSent };
        self.record.standing.fail(step, failure, &shared.definition.plan);
        self.note(step, error);
    }

    /// Keeps the error of the first step that failed, and tells each.
    pub(super) fn note(&mut self, step: usize, error: Error) {
        let text = text(&error);
        let (id, name) = (self.owned.id(), self.shared.definition.names[step].as_str());
        self.shared.tell_often(|| Event::SagaStepFailed { saga: id, step: name, error: &error });
        if self.record.failure.is_none() {
            (self.record.failure, self.error) = (Some((step, text)), Some(error));
        } else {
            self.trouble = Some(text);
        }
    }

    /// What somebody gets who waits for the end.
    pub(super) fn into_result(mut self, end: End) -> Result<C, SagaError>
    where
        C: Clone,
    {
        if end == End::Done { Ok(self.context.clone()) } else { Err(self.take_error()) }
    }

    pub(super) fn take_error(&mut self) -> SagaError {
        self.record.clone().into_error(self.error.take())
    }

    pub(super) fn show(&self) {
        self.shared.show(self.id(), &self.record, self.trouble.clone());
    }
}

/// Whether nobody knows what a call has done.
fn is_unknown(error: &Error) -> bool {
    error.downcast_ref::<Panicked>().is_some() || error.is_timeout() && error.was_sent()
}

/// An error with its causes, in at most 200 characters. Of one of the service's own it is all that is to be said.
pub(super) fn text(error: &Error) -> String {
    let text = match error {
        Error::Service(own) => Chain(&**own).to_string(),
        other => Chain(other).to_string(),
    };
    cut(&text).to_owned()
}

impl<C> Drop for Run<C> {
    /// Before the saga is given back, so that who takes it next shows it last.
    fn drop(&mut self) {
        self.shared.release(self.owned.id());
    }
}
