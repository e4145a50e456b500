//! Gathers what instances have told, by the clock on the wall.

use std::time::{Duration, SystemTime};

use super::timeline::{Failure, Happening, Timeline};
use crate::event::{Told, What};
use crate::source::Source;
use crate::state::history::{Counted, Failed};
use crate::time::{AsMoment, Nanos, Now, wall_clock};

/// A timeline as it is gathered.
#[derive(Debug)]
pub(crate) struct Story {
    timeline: Timeline,
    /// The same moment by both clocks.
    wall: SystemTime,
    now: Nanos,
}

impl Story {
    pub(super) fn new(from: SystemTime, to: SystemTime) -> Self {
        let timeline = Timeline { from, to, failures: Vec::new(), happenings: Vec::new(), left_out: 0 };
        Self { timeline, wall: wall_clock(), now: AsMoment.now() }
    }

    /// Adds what an instance has told, whose calls came to so much harm until now.
    pub(crate) fn add(&mut self, source: Source<'_>, told: &Told, counted: Counted) {
        told.look(|history| {
            for record in history.records() {
                self.add_happening(source, record.at, &record.what);
            }
            for failed in history.failures(counted) {
                self.add_failure(source, &failed);
            }
        });
        if self.timeline.happenings.len().max(self.timeline.failures.len()) >= 2 * Timeline::CAPACITY {
            self.timeline.trim();
        }
    }

    fn add_happening(&mut self, source: Source<'_>, at: Nanos, what: &What) {
        let at = self.at(at);
        if self.timeline.from <= at && at <= self.timeline.to {
            let (kind, name, what) = (source.kind(), source.name(), what.clone());
            let key = match &what {
                What::Steered { key, .. } => key.clone(),
                _ => source.key().map(str::to_owned),
            };
            self.timeline.happenings.push(Happening { at, kind, name, key, what });
        }
    }

    fn add_failure(&mut self, source: Source<'_>, failed: &Failed<'_, What>) {
        let (began, ended) = (self.at(failed.began), failed.ended.map(|ended| self.at(ended)));
        let is_inside = began <= self.timeline.to && ended.is_none_or(|ended| self.timeline.from <= ended);
        let Some(reason) = failed.what.why_it_fails().filter(|_| is_inside) else { return };
        let (kind, name, key) = (source.kind(), source.name(), source.key().map(str::to_owned));
        let lasted = failed.ended.unwrap_or(self.now).saturating_sub(failed.began).into();
        let Counted { rejected, degraded, lost } = failed.counted;
        let failure = Failure { kind, name, key, began, ended, lasted, reason, rejected, degraded, lost };
        self.timeline.failures.push(failure);
    }

    fn at(&self, moment: Nanos) -> SystemTime {
        let age: Duration = self.now.saturating_sub(moment).into();
        self.wall.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    pub(super) fn timeline(mut self) -> Timeline {
        self.timeline.trim();
        self.timeline
    }
}

impl Timeline {
    /// Puts all in order, and leaves out the first where there are too many.
    fn trim(&mut self) {
        self.happenings.sort_by_key(|happening| happening.at);
        self.failures.sort_by_key(|failure| failure.began);
        self.left_out += cut_off(&mut self.happenings);
        cut_off(&mut self.failures);
    }
}

/// Keeps the last of a list. Returns how many it was too long.
fn cut_off<T>(list: &mut Vec<T>) -> usize {
    let too_many = list.len().saturating_sub(Timeline::CAPACITY);
    drop(list.drain(..too_many));
    too_many
}
