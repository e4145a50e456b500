//! How a saga begins, and how somebody goes on with one that nobody runs.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc; // no model checks it

use tokio::runtime::Handle;
use tower::BoxError;

use super::drive::Core;
use super::error::SagaError;
use super::log::Found;
use super::owner::Owned;
use super::record::{Record, Unreadable};
use super::run::Run;
use super::together::Together;
use crate::caught::Panicked;
use crate::context::Detached;
use crate::error::Error;
use crate::event::Event;
use crate::state::saga::counted::{BEGUN, RESUMED};
use crate::state::saga::{Course, End, Next};
use crate::store::StoreError;

/// The length of the longest id, in bytes.
const LONGEST_ID: usize = 256;

/// What came of sagas that were resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resumed {
    /// How many are done.
    pub done: usize,
    /// How many are undone.
    pub undone: usize,
    /// How many are stuck, those among them that were stuck before.
    pub stuck: usize,
}

impl<C: Clone + Send + 'static> Core<C> {
    /// Runs a saga, or gives what is known of its id.
    pub(super) async fn run(self: Arc<Self>, id: String, context: C) -> Result<C, SagaError> {
        let not_begun = |error: StoreError| SagaError::NotBegun(error.into());
        if !(1..=LONGEST_ID).contains(&id.len()) {
            return Err(SagaError::NotBegun(
                format!("an id of {} bytes, and not of 1 to {LONGEST_ID}", id.len()).into(),
            ));
        }
        let owned = self.shared.own(&id).ok_or(SagaError::Running)?;
        match self.shared.log.read(&id).await.map_err(not_begun)? {
            Found::Nothing => {}
            Found::Ended(bytes) => return self.ended(&bytes),
            Found::Open(bytes) => return Err(self.open(&owned, &bytes)),
        }
        Handle::try_current().map_err(|error| SagaError::NotBegun(error.into()))?;
        let bytes = self.codec.encode(&context).map_err(SagaError::NotBegun)?;
        if !self.shared.try_enter(owned.id()) {
            return Err(SagaError::NotBegun("there is no room for another saga".into()));
        }
        let mut run = Run::new(&self.shared, owned, Record::new(&self.shared.definition, bytes), context);
        if let Err(error) = self.write(&mut run).await {
            self.shared.close(run.id());
            return Err(not_begun(error));
        }
        self.shared.row.count(BEGUN);
        self.drive(run).await
    }

    /// How a saga has ended.
    fn ended(&self, bytes: &[u8]) -> Result<C, SagaError> {
        let record = Record::decode(bytes).map_err(|unreadable| SagaError::Unreadable(unreadable.into()))?;
        match record.standing.course {
            Course::Forward => self.decode(&record.context).map_err(SagaError::Unreadable),
            Course::Back => Err(record.into_error(None)),
        }
    }

    /// A codec that panics has one record that it cannot read, and the others go on.
    fn decode(&self, bytes: &[u8]) -> Result<C, BoxError> {
        Panicked::catch(|| self.codec.decode(bytes)).unwrap_or_else(|panicked| Err(panicked.into()))
    }

    /// Why a saga that has not ended gives no context.
    fn open(&self, owned: &Owned, bytes: &[u8]) -> SagaError {
        match self.shared.decode(owned.id(), bytes) {
            Err(unreadable) => SagaError::Unreadable(unreadable.into()),
            Ok(record) if self.is_stuck(&record) => record.into_error(None),
            Ok(_) => SagaError::Running,
        }
    }

    fn is_stuck(&self, record: &Record) -> bool {
        record.standing.next(&self.shared.definition.plan) == Next::Ended(End::Stuck)
    }

    /// Goes on with all sagas that nobody runs.
    pub(super) async fn resume(self: Arc<Self>) -> Result<Resumed, StoreError> {
        Handle::try_current().map_err(StoreError::failed)?;
        self.shared.forget_unowned();
        let (mut runs, mut resumed, mut last) = (Vec::new(), Resumed::default(), None::<Vec<u8>>);
        loop {
            let page = self.shared.log.open_after(last.as_deref()).await?;
            let Some(id) = page.last() else { break };
            last = Some(id.clone());
            for id in &page {
                match self.take_over(&String::from_utf8_lossy(id)).await? {
                    Taken::Runs(run) => runs.push((0, Arc::clone(&self).go_on(*run))),
                    Taken::IsStuck => resumed.stuck += 1,
                    Taken::IsNotThere => {}
                }
            }
        }
        let mut runs = Together::new(runs);
        while let Some((_, end)) = runs.next().await {
            match end {
                Ok(()) => resumed.done += 1,
                Err(SagaError::Failed { uncompensated, .. }) if uncompensated.is_empty() => resumed.undone += 1,
                Err(_) => resumed.stuck += 1,
            }
        }
        Ok(resumed)
    }

    /// Takes a saga that nobody runs, if it can go on.
    async fn take_over(&self, id: &str) -> Result<Taken<C>, StoreError> {
        // It is read once it is taken: until then another may have ended it.
        let Some(owned) = self.shared.own(id) else { return Ok(Taken::IsNotThere) };
        let Found::Open(bytes) = self.shared.log.read(id).await? else { return Ok(Taken::IsNotThere) };
        let Ok(run) = self.read(owned, &bytes) else { return Ok(Taken::IsStuck) };
        if self.is_stuck(&run.record) {
            self.shared.show(run.id(), &run.record, None);
            return Ok(Taken::IsStuck);
        }
        Ok(Taken::Runs(Box::new(run)))
    }

    fn read(&self, owned: Owned, bytes: &[u8]) -> Result<Run<C>, Unreadable> {
        let record = self.shared.decode(owned.id(), bytes)?;
        let context = self.decode(&record.context).map_err(|error| {
            let unreadable = Unreadable::Context(error.to_string());
            self.shared.stick(owned.id(), &unreadable);
            unreadable
        })?;
        Ok(Run::new(&self.shared, owned, record, context))
    }

    /// Goes on with a stuck saga, or with one that nobody runs.
    pub(super) async fn retry(self: Arc<Self>, id: String) -> Result<C, SagaError> {
        Handle::try_current().map_err(|error| SagaError::NotBegun(error.into()))?;
        let owned = self.shared.own(&id).ok_or(SagaError::Running)?;
        let found = self.shared.log.read(&id).await.map_err(|error| SagaError::NotBegun(error.into()))?;
        let Found::Open(bytes) = found else { return Err(SagaError::NotOpen) };
        let mut run = self.read(owned, &bytes).map_err(|unreadable| SagaError::Unreadable(unreadable.into()))?;
        run.try_anew();
        self.go(run, true).await
    }

    /// Goes on with a saga that was taken over. Boxed, so that all of them stand in one list.
    fn go_on(self: Arc<Self>, run: Run<C>) -> GoingOn {
        let in_place = self.shared.settings.in_place;
        let ended = async move { self.go(run, false).await.map(drop) };
        Box::pin(async move { task_or_here(in_place, ended).await.unwrap_or(Err(SagaError::Running)) })
    }

    /// Decides what becomes of what the process before has left, and goes on.
    async fn go(&self, mut run: Run<C>, by_hand: bool) -> Result<C, SagaError> {
        let shared = &self.shared;
        shared.row.count(RESUMED);
        if by_hand {
            shared.tell(&Event::SagaResumed { saga: run.id(), by_hand });
        } else {
            shared.tell_often(|| Event::SagaResumed { saga: run.id(), by_hand });
        }
        if let Some(step) = run.record.standing.resume(shared.settings.unknown, &shared.definition.plan) {
            run.note(step, Error::Service("its end is unknown".into()));
            if let Err(error) = self.turn_back(&mut run).await {
                return Err(self.lose_the_log(run, &error));
            }
        }
        self.drive(run).await
    }
}

type GoingOn = Pin<Box<dyn Future<Output = Result<(), SagaError>> + Send>>;

/// What came of taking a saga over.
enum Taken<C> {
    /// Boxed, because the others have nothing.
    Runs(Box<Run<C>>),
    IsStuck,
    /// It has ended, or somebody runs it.
    IsNotThere,
}

/// Runs a future in a task of its own, or here where that is set. So it does where there is no runtime: then nothing begins. Around it
/// is what is around the caller, but for the deadline: a saga ends in its own time.
pub(super) async fn task_or_here<T: Send + 'static>(
    in_place: bool,
    future: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let future = Detached::new(future);
    match Handle::try_current() {
        Ok(runtime) if !in_place => match runtime.spawn(future).await {
            Ok(output) => Some(output),
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            // The runtime has ended.
            Err(_) => None,
        },
        _ => Some(future.await),
    }
}
