//! What all handles of a saga share, whatever its context is: its log, and the sagas that have not ended.

use std::collections::BTreeMap;
use std::sync::Arc; // no model checks it
use std::time::{Duration, UNIX_EPOCH};

use parking_lot::Mutex; // no model checks it

use super::definition::Definition;
use super::log::{Found, Log};
use super::owner::Owned;
use super::record::{Record, Unreadable};
use super::settings::Settings;
use super::status::SagaStatus;
use crate::event::{Event, Told, cut, tell_often};
use crate::registry::Row;
use crate::state::saga::{End, Next, SagaState};
use crate::store::StoreError;
use crate::time::{Nanos, wall_clock};

pub(super) struct Shared {
    pub(super) row: &'static Row,
    pub(super) told: Told,
    pub(super) definition: Definition,
    pub(super) settings: Settings,
    pub(super) log: Log,
    /// Those that have not ended and are known.
    open: Mutex<BTreeMap<Arc<str>, SagaStatus>>,
}

/// The time since 1970, by the system's clock.
pub(super) fn since_1970() -> Nanos {
    wall_clock().duration_since(UNIX_EPOCH).unwrap_or_default().into()
}

impl Shared {
    pub(super) fn new(row: &'static Row, definition: Definition, settings: Settings, log: Log) -> Self {
        Self { row, told: Told::new(), definition, settings, log, open: Mutex::default() }
    }

    /// Takes a saga that nobody runs.
    pub(super) fn own(&self, id: &str) -> Option<Owned> {
        Owned::try_take(&self.log.store, self.log.open, id)
    }

    /// Whether there is room for a saga that has not begun. Its place is taken.
    pub(super) fn try_enter(&self, id: &Arc<str>) -> bool {
        let mut open = self.open.lock();
        let has_room = open.len() < self.settings.capacity || open.contains_key(id);
        if has_room {
            open.insert(Arc::clone(id), SagaStatus::new(id, SagaState::Running));
        }
        has_room
    }

    /// Shows how a saga stands.
    pub(super) fn show(&self, id: &Arc<str>, record: &Record, error: Option<String>) {
        let status = self.status(id, record, error);
        self.open.lock().insert(Arc::clone(id), status);
    }

    /// A saga has ended, or has not begun.
    pub(super) fn close(&self, id: &str) {
        self.open.lock().remove(id);
    }

    /// Nobody runs a saga any more. If it has not ended, and is not stuck, somebody must resume it.
    pub(super) fn release(&self, id: &str) {
        if let Some(status) = self.open.lock().get_mut(id).filter(|status| status.state != SagaState::Stuck) {
            *status = SagaStatus { state: SagaState::Unowned, since: wall_clock(), ..status.clone() };
        }
    }

    /// Forgets those that nobody runs, before the log is read anew.
    pub(super) fn forget_unowned(&self) {
        self.open.lock().retain(|_, status| status.state != SagaState::Unowned);
    }

    pub(super) fn statuses(&self) -> Vec<SagaStatus> {
        self.open.lock().values().cloned().collect()
    }

    pub(super) fn count(&self, state: SagaState) -> usize {
        self.open.lock().values().filter(|status| status.state == state).count()
    }

    fn status(&self, id: &str, record: &Record, error: Option<String>) -> SagaStatus {
        let (state, step) = match record.standing.next(&self.definition.plan) {
            Next::Run(steps) => (SagaState::Running, steps.first().copied()),
            Next::Undo(step) => (SagaState::Compensating, Some(step)),
            Next::Ended(_) => (SagaState::Stuck, record.failure.as_ref().map(|(step, _)| *step)),
        };
        let is_back = state != SagaState::Running;
        SagaStatus {
            step: step.map(|step| record.name(step)),
            error: error.or_else(|| record.failure.as_ref().map(|(_, error)| error.clone())),
            uncompensated: if is_back { record.uncompensated() } else { Vec::new() },
            since: UNIX_EPOCH + Duration::from(record.at),
            ..SagaStatus::new(id, state)
        }
    }

    /// Reads the record of a saga, which is stuck where it is of no use.
    pub(super) fn decode(&self, id: &Arc<str>, bytes: &[u8]) -> Result<Record, Unreadable> {
        let record = Record::decode(bytes).and_then(|record| {
            let names = || record.steps.iter().map(|(_, name)| &**name).collect::<Vec<_>>().join(", ");
            if record.is_of(&self.definition) { Ok(record) } else { Err(Unreadable::OtherSteps(names())) }
        });
        record.inspect_err(|unreadable| self.stick(id, unreadable))
    }

    /// A saga is stuck, because the log has no use.
    pub(super) fn stick(&self, id: &Arc<str>, unreadable: &Unreadable) {
        let error = cut(&unreadable.to_string()).to_owned();
        let was = self.open.lock().get(id).is_some_and(|status| status.state == SagaState::Stuck);
        let status = SagaStatus { error: Some(error.clone()), ..SagaStatus::new(id, SagaState::Stuck) };
        self.open.lock().insert(Arc::clone(id), status);
        if !was {
            self.row.count(End::Stuck.word());
            self.tell(&Event::SagaStuck { saga: id, step: None, error: &error });
        }
    }

    /// A saga goes on only by hand.
    pub(super) fn give_up(&self, id: &Arc<str>, record: &Record, error: Option<String>) {
        self.show(id, record, error);
        let mut open = self.open.lock();
        let Some(status) = open.get_mut(id) else { return };
        status.state = SagaState::Stuck;
        let (step, error) = (status.step.clone(), status.error.clone().unwrap_or_default());
        drop(open);
        self.row.count(End::Stuck.word());
        self.tell(&Event::SagaStuck { saga: id, step: step.as_deref(), error: &error });
    }

    /// Forgets what is known of a saga that has ended or is stuck. Returns whether there was one.
    pub(super) async fn forget(&self, id: &str) -> Result<bool, StoreError> {
        let Some(owned) = self.own(id) else { return Ok(false) };
        let is_over = match self.log.read(id).await? {
            Found::Nothing => false,
            Found::Ended(_) => true,
            Found::Open(bytes) => self.is_stuck(owned.id(), &bytes),
        };
        if is_over {
            self.log.forget(id).await?;
            self.close(owned.id());
        }
        Ok(is_over)
    }

    /// Whether a saga goes on only by hand: what the log has of it says so, or cannot be used, or could not be written.
    fn is_stuck(&self, id: &Arc<str>, bytes: &[u8]) -> bool {
        let standing = self.decode(id, bytes).map(|record| record.standing.next(&self.definition.plan));
        let is_listed = || self.open.lock().get(id).is_some_and(|status| status.state == SagaState::Stuck);
        standing.is_err() || standing == Ok(Next::Ended(End::Stuck)) || is_listed()
    }

    pub(super) fn tell(&self, event: &Event<'_>) {
        self.told.tell(self.row.source, event);
    }

    pub(super) fn tell_often<'a>(&self, event: impl FnOnce() -> Event<'a>) {
        tell_often(|| (self.row.source, event()));
    }
}
