//! How a saga goes on, from where it stands to its end.

use std::fmt;
use std::sync::Arc; // no model checks it
use std::time::Duration;

use parking_lot::Mutex; // no model checks it
use rand::RngExt;
use rand::rngs::SmallRng;
use tokio::task::yield_now;
use tokio::time::{sleep_until, timeout_at};

use super::error::SagaError;
use super::run::{Run, text};
use super::shared::{Shared, since_1970};
use super::step::{Calling, Step, StepKey};
use super::together::Together;
use crate::caught::Panicked;
use crate::error::{By, Elapsed, Error};
use crate::event::{Event, cut};
use crate::state::saga::counted::{FAILED_COMPENSATIONS, FAILED_STEPS};
use crate::state::saga::{Course, End, Next};
use crate::store::{Codec, StoreError};
use crate::time::now;

/// The steps, and what is shared.
pub(super) struct Core<C> {
    pub(super) shared: Arc<Shared>,
    pub(super) steps: Vec<Step<C>>,
    pub(super) codec: Arc<dyn Codec<C>>,
    pub(super) random: Mutex<SmallRng>,
}

impl<C: Clone + Send + 'static> Core<C> {
    /// Goes on until the saga has ended. That it has begun is written.
    pub(super) async fn drive(&self, mut run: Run<C>) -> Result<C, SagaError> {
        loop {
            let went_on = match run.record.standing.next(&self.shared.definition.plan) {
                Next::Run(steps) => self.run_place(&mut run, steps).await,
                Next::Undo(step) => self.undo(&mut run, step).await,
                Next::Ended(end) => return self.end(run, end),
            };
            if let Err(error) = went_on {
                return Err(self.lose_the_log(run, &error));
            }
        }
    }

    /// Runs the steps of a place, and waits for all of them, also where one has failed.
    async fn run_place(&self, run: &mut Run<C>, steps: Vec<usize>) -> Result<(), StoreError> {
        run.show();
        let calls = steps.iter().map(|&step| (step, self.call(run, step))).collect();
        let (mut calls, mut has_failed) = (Together::new(calls), false);
        while let Some((step, result)) = calls.next().await {
            match result.and_then(|context| self.take_in(run, step, context)) {
                Ok(next) => self.write_end(run, step, next).await?,
                Err(error) => {
                    self.shared.row.count(FAILED_STEPS);
                    run.fail(step, error);
                    has_failed = true;
                }
            }
        }
        drop(calls);
        match run.record.standing.course {
            Course::Back => self.turn_back(run).await,
            Course::Forward if has_failed => self.try_again(run, steps).await,
            Course::Forward => Ok(()),
        }
    }

    /// A call of a step, with an end where it is tried again.
    fn call(&self, run: &Run<C>, step: usize) -> Calling<C> {
        let key = StepKey::of(run.id(), self.shared.definition.names[step]);
        within(run, (self.steps[step].run)(run.context.clone(), key))
    }

    /// The context after a step, and its bytes.
    fn take_in(&self, run: &Run<C>, step: usize, context: C) -> Result<(C, Vec<u8>), Error> {
        let own = run.context.clone();
        let take_in = || {
            let context = match &self.steps[step].merge {
                None => context,
                Some(merge) => merge(own, context),
            };
            self.codec.encode(&context).map(|bytes| (context, bytes))
        };
        Panicked::catch(take_in).map_err(|panicked| Error::Service(panicked.into()))?.map_err(Error::from)
    }

    /// Writes that a step has succeeded, and that the next ones begin. Where that fails, the end of the step is unknown; from the pivot
    /// on it is written again and again, because then there is no way back.
    async fn write_end(&self, run: &mut Run<C>, step: usize, next: (C, Vec<u8>)) -> Result<(), StoreError> {
        let plan = &self.shared.definition.plan;
        let before = (run.context.clone(), run.record.context.clone());
        (run.context, run.record.context) = next;
        run.succeed(step);
        if !plan.is_undoable(step) {
            self.persist(run).await?;
            run.rest();
            return Ok(());
        }
        if let Err(error) = self.write(run).await {
            (run.context, run.record.context) = before;
            run.record.standing.lose(step, plan);
            run.note(step, Error::Service(Box::new(error)));
        }
        Ok(())
    }

    /// From here on a saga never goes forward. That is written before the first compensation: otherwise a new process could do a step
    /// again whose compensation has run.
    pub(super) async fn turn_back(&self, run: &mut Run<C>) -> Result<(), StoreError> {
        run.begin_to_try();
        self.persist(run).await
    }

    /// Waits before steps after the pivot are done again, or leaves them where their time is over.
    async fn try_again(&self, run: &mut Run<C>, steps: Vec<usize>) -> Result<(), StoreError> {
        let is_first = run.record.trying_since.is_none();
        if run.is_time_over() {
            for step in steps {
                run.record.standing.leave(step);
            }
            return self.persist(run).await;
        }
        run.begin_to_try();
        if is_first {
            self.persist(run).await?;
        }
        self.pause(run).await;
        Ok(())
    }

    /// Compensates a step, again and again until its time is over.
    async fn undo(&self, run: &mut Run<C>, step: usize) -> Result<(), StoreError> {
        run.begin_to_try();
        run.tries = 0;
        run.show();
        loop {
            let Some(undo) = &self.steps[step].undo else { break run.record.standing.leave(step) };
            let key = StepKey::of(run.id(), self.shared.definition.names[step]).undo();
            match within(run, undo(run.context.clone(), key)).await {
                Ok(()) => break run.record.standing.undo(step),
                Err(error) => {
                    self.shared.row.count(FAILED_COMPENSATIONS);
                    run.trouble = Some(text(&error));
                }
            }
            if run.is_time_over() {
                break run.record.standing.leave(step);
            }
            run.show();
            self.pause(run).await;
        }
        if matches!(run.record.standing.next(&self.shared.definition.plan), Next::Ended(_)) {
            return self.persist(run).await;
        }
        // If this is not written, a new process compensates the step again, which does no harm.
        drop(self.write(run).await);
        Ok(())
    }

    /// Writes how a saga stands, again and again until its time is over.
    async fn persist(&self, run: &mut Run<C>) -> Result<(), StoreError> {
        while let Err(error) = self.write(run).await {
            if run.is_time_over() {
                return Err(error);
            }
            run.begin_to_write();
            run.trouble = Some(cut(&error.to_string()).to_owned());
            run.show();
            self.pause(run).await;
        }
        Ok(())
    }

    /// Writes how a saga stands.
    pub(super) async fn write(&self, run: &mut Run<C>) -> Result<(), StoreError> {
        run.record.at = since_1970();
        match run.record.standing.next(&self.shared.definition.plan) {
            Next::Ended(End::Done | End::Undone) => self.shared.log.end(run.id(), &run.record).await,
            _ => self.shared.log.write(run.id(), &run.record).await,
        }
    }

    /// Waits for the next try.
    async fn pause(&self, run: &mut Run<C>) {
        let delay = self.shared.settings.backoff.delay(run.tries, |range| self.random.lock().random_range(range));
        run.tries = run.tries.saturating_add(1);
        if Duration::from(delay).is_zero() {
            // What fails at once and is tried at once leaves the thread to others in between.
            return yield_now().await;
        }
        sleep_until(run.next_try(delay.into())).await;
    }

    fn end(&self, mut run: Run<C>, end: End) -> Result<C, SagaError> {
        let id = Arc::clone(run.id());
        match end {
            End::Stuck => self.shared.give_up(&id, &run.record, run.trouble.take()),
            End::Done | End::Undone => {
                self.shared.row.count(end.word());
                self.shared.close(&id);
            }
        }
        if end == End::Undone {
            self.shared.tell_often(|| Event::SagaUndone { saga: &id });
        }
        run.into_result(end)
    }

    /// The log could not be written in all the time there was: it goes on from what the log has when somebody wants it.
    pub(super) fn lose_the_log(&self, mut run: Run<C>, error: &StoreError) -> SagaError {
        let (id, error) = (Arc::clone(run.id()), cut(&error.to_string()).to_owned());
        self.shared.give_up(&id, &run.record, Some(error));
        run.take_error()
    }
}

/// A try, which ends when its time is over, if it has one.
fn within<C, T: 'static>(run: &Run<C>, call: Calling<T>) -> Calling<T> {
    let Some(end) = run.end_of_try() else { return call };
    // Boxed as the call is, whose place it takes.
    Box::pin(async move {
        let began = now();
        let timed_out = |_| {
            let limit = end.saturating_duration_since(began);
            Error::TimedOut(Elapsed::new(limit, now().saturating_duration_since(began), By::Limit))
        };
        timeout_at(end, call).await.map_err(timed_out)?
    })
}

impl<C> fmt::Debug for Core<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saga").field("name", &self.shared.row.name()).finish_non_exhaustive()
    }
}
